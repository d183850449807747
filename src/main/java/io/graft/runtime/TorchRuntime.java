package io.graft.runtime;

import ai.djl.engine.Engine;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The libtorch of this process. Call {@link #load} before anything else uses a DJL engine, because
 * DJL chooses its native libraries and sends telemetry when the engine starts.
 *
 * <p>On a machine with a working NVIDIA driver, Graft uses the CUDA libtorch of Python's {@code
 * torch} package. It looks for the package in {@code GRAFT_TORCH}, in the active virtual or Conda
 * environment and on the import path of {@code python3}. Otherwise, it uses the CPU libtorch on the
 * class path. Graft does not change DJL's settings {@code PYTORCH_LIBRARY_PATH}, {@code
 * PYTORCH_VERSION} and {@code PYTORCH_FLAVOR} if they are set. With {@code PYTORCH_FLAVOR=cpu}, a
 * process uses no GPU.
 */
public final class TorchRuntime {

  private static final Set<String> PLATFORMS_WITH_NATIVES =
      Set.of("linux-x86_64", "linux-aarch64", "osx-aarch64", "win-x86_64");

  private static NativeLibraries choice;
  private static NativeAllocator allocator;
  private static Engine engine;
  private static String failureMessage;

  private TorchRuntime() {}

  /**
   * Chooses the native libraries and loads DJL's PyTorch engine. Later calls do nothing.
   *
   * @throws DeviceException if the engine cannot be loaded on this machine
   */
  public static synchronized void load() {
    if (engine != null) {
      return;
    }
    if (failureMessage != null) {
      throw new DeviceException(failureMessage);
    }
    NativeLibraries libraries = choice();
    try {
      HostEnvironment host = HostEnvironment.current();
      if (libraries.source() == NativeLibraries.Source.CPU) {
        requireNatives(host);
      }
      allocator = NativeAllocator.tune(host);
      TorchThreads.tune(host);
      silenceTelemetry();
      libraries.properties().forEach(System::setProperty);
      engine = Engine.getEngine("PyTorch");
      TensorFloat32.forbid();
    } catch (DeviceException e) {
      failureMessage = e.getMessage();
      throw e;
    } catch (RuntimeException | LinkageError | AssertionError e) {
      // DJL also throws LinkageError for unresolved symbols, and AssertionError.
      DeviceException failure = cannotLoad(libraries, e);
      failureMessage = failure.getMessage();
      throw failure;
    }
  }

  /**
   * Loads the engine like {@link #load}, but does not look for a GPU. For a process that uses only
   * the CPU, this starts faster, and a defective driver has no effect. Does nothing if the engine
   * is already loaded.
   *
   * @throws DeviceException if the engine cannot be loaded on this machine
   */
  public static synchronized void loadCpuOnly() {
    HostEnvironment host = HostEnvironment.current();
    if (choice == null
        && host.djlSetting("PYTORCH_FLAVOR") == null
        && host.djlSetting("PYTORCH_LIBRARY_PATH") == null) {
      System.setProperty("PYTORCH_FLAVOR", "cpu");
    }
    load();
  }

  /** Describes the libtorch that this process uses or will use. Loads no library. */
  public static String describe() {
    return choice().description();
  }

  /** Returns why large arrays are slow here; empty if they are fast or no engine is loaded. */
  public static synchronized Optional<String> allocatorNotice() {
    return Optional.ofNullable(allocator)
        .filter(tuned -> !tuned.reusesPages())
        .map(NativeAllocator::description);
  }

  /**
   * Returns why no GPU is used although an NVIDIA driver is present, and how to fix it. A program
   * that chose the CPU automatically must show this text to its user.
   */
  public static synchronized Optional<String> unusedGpuNotice() {
    boolean runtimeFindsNone =
        choice().source() == NativeLibraries.Source.CUDA
            && engine != null
            && engine.getGpuCount() == 0;
    return choice().gpuUnused() || runtimeFindsNone ? Optional.of(whyNoCuda()) : Optional.empty();
  }

  /** Returns the number of usable CUDA devices. Does not load the CPU libtorch for this. */
  static synchronized int gpuCount() {
    if (choice().source() == NativeLibraries.Source.CPU) {
      return 0;
    }
    load();
    return engine.getGpuCount();
  }

  /** Returns the vendor's name for a GPU. */
  static String gpuModel(int number) {
    List<CudaDriver.Gpu> gpus = CudaDriver.probe(HostEnvironment.current()).gpus();
    return number < gpus.size() ? gpus.get(number).name() : "unknown model";
  }

  /** Returns why {@link #gpuCount} is zero, and how to fix it. */
  static synchronized String whyNoCuda() {
    if (choice().source() == NativeLibraries.Source.CUDA) {
      return ("A CUDA libtorch was loaded (%s), but the CUDA runtime finds no GPU. Install the"
              + " runtime with pip install nvidia-cuda-runtime-cu12, or add the folder of"
              + " libcudart to LD_LIBRARY_PATH (on Windows the folder of cudart64_12.dll to"
              + " PATH).")
          .formatted(choice().description());
    }
    return choice().whyNoCuda();
  }

  /** Returns how large arrays get their memory. Loads the engine. */
  static synchronized NativeAllocator allocator() {
    load();
    return allocator;
  }

  static synchronized NativeLibraries choice() {
    if (choice == null) {
      HostEnvironment host = HostEnvironment.current();
      choice = NativeLibraries.choose(host, () -> CudaDriver.probe(host));
    }
    return choice;
  }

  private static void requireNatives(HostEnvironment host) {
    if (!PLATFORMS_WITH_NATIVES.contains(host.classifier())) {
      throw new DeviceException(
          ("There is no libtorch %s for this platform: %s. Expected one of %s. Use such a machine"
                  + " with a 64-bit Java, or set PYTORCH_LIBRARY_PATH to a libtorch that you built.")
              .formatted(
                  Versions.libtorch(),
                  host.classifier(),
                  PLATFORMS_WITH_NATIVES.stream().sorted().toList()));
    }
  }

  /**
   * Switches DJL's telemetry off. DJL sends telemetry only while the class Engine is initialised,
   * and only if DJL is not set to offline. This method therefore sets DJL to offline during the
   * initialisation. The property OPT_OUT_TRACKING alone is not enough, because an environment
   * variable of that name overrides it.
   */
  private static void silenceTelemetry() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    String offline = System.getProperty("ai.djl.offline");
    System.setProperty("ai.djl.offline", "true");
    try {
      Class.forName(Engine.class.getName());
    } catch (ClassNotFoundException e) {
      throw new NoClassDefFoundError(e.getMessage());
    } finally {
      if (offline == null) {
        System.clearProperty("ai.djl.offline");
      } else {
        System.setProperty("ai.djl.offline", offline);
      }
    }
  }

  private static DeviceException cannotLoad(NativeLibraries libraries, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String remedy =
        switch (libraries.source()) {
          case CUDA ->
              ("Reinstall it (pip install --force-reinstall torch==%s), or set PYTORCH_FLAVOR=cpu"
                      + " to use the CPU.")
                  .formatted(Versions.libtorch());
          case USER ->
              "Correct PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR, or unset.";
          case CPU ->
              ("Expected pytorch-engine, pytorch-jni and pytorch-native-cpu for %s on the class"
                      + " path, on Linux a system with glibc, and about 500 MB of space for unpacking"
                      + " in ~/.djl.ai or the folder that DJL_CACHE_DIR names.")
                  .formatted(HostEnvironment.current().classifier());
        };
    return new DeviceException(
        "Cannot load the PyTorch engine with %s: %s: %s. %s"
            .formatted(
                libraries.description(),
                root.getClass().getSimpleName(),
                root.getMessage(),
                remedy),
        cause);
  }
}
