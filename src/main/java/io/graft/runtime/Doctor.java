package io.graft.runtime;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Examines everything on this machine that Graft depends on. Says what is used, what is missing and
 * what to do about it.
 */
public final class Doctor {

  private static final long MEBIBYTE = 1L << 20;
  private static final long LEAST_FREE_BYTES = 1024 * MEBIBYTE;
  private static final long LEAST_HEAP_BYTES = 256 * MEBIBYTE;

  private final HostEnvironment host;
  private final List<Finding> findings = new ArrayList<>();

  private Doctor(HostEnvironment host) {
    this.host = host;
  }

  /** Examines this machine. Loads the engine; never throws. */
  public static List<Finding> examine() {
    Doctor doctor = new Doctor(HostEnvironment.current());
    doctor.look("operating system", doctor::operatingSystem);
    doctor.look("processor", () -> Finding.ok("processor", Processor.describe()));
    doctor.look("java", Doctor::java);
    doctor.look("heap", Doctor::heap);
    doctor.look("versions", Doctor::versions);
    doctor.look("nvidia driver", doctor::driver);
    doctor.look("cuda libtorch", doctor::cudaLibtorch);
    doctor.look("libtorch", () -> Finding.ok("libtorch", TorchRuntime.describe()));
    doctor.look("engine", Doctor::engine);
    doctor.look("threads", Doctor::threads);
    doctor.look("allocator", () -> Finding.ok("allocator", TorchRuntime.allocator().description()));
    doctor.look("telemetry", doctor::telemetry);
    doctor.look("cache folder", () -> cacheFolder(CacheFolder.path(doctor.host)));
    return List.copyOf(doctor.findings);
  }

  private void look(String name, Supplier<Finding> examination) {
    findings.add(guarded(name, examination));
  }

  /** Returns the finding, or an error finding if the examination itself failed. */
  static Finding guarded(String name, Supplier<Finding> examination) {
    try {
      return examination.get();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      // One failed examination must not hide the other findings.
      return new Finding(
          name, Finding.Status.ERROR, "cannot be examined: " + e, "Report this with the message.");
    }
  }

  private Finding operatingSystem() {
    return Finding.ok(
        "operating system",
        host.properties().apply("os.name")
            + " "
            + host.properties().apply("os.version")
            + ", "
            + host.properties().apply("os.arch"));
  }

  private static Finding java() {
    return Finding.ok(
        "java",
        System.getProperty("java.vm.name")
            + " "
            + Runtime.version()
            + ", "
            + System.getProperty("java.home"));
  }

  private static Finding heap() {
    long bytes = Runtime.getRuntime().maxMemory();
    String value = "at most " + bytes / MEBIBYTE + " MiB";
    return bytes >= LEAST_HEAP_BYTES
        ? Finding.ok("heap", value)
        : new Finding(
            "heap",
            Finding.Status.WARNING,
            value,
            "Give Java more memory: GRAFT_JAVA_OPTS=-Xmx2g for the launcher.");
  }

  private static Finding versions() {
    return Finding.ok(
        "versions",
        "Graft "
            + Versions.graft()
            + ", DJL API "
            + Versions.djlApi()
            + ", DJL PyTorch engine "
            + Versions.djlEngine()
            + ", libtorch "
            + Versions.libtorch());
  }

  private Finding driver() {
    CudaDriver driver = CudaDriver.probe(host);
    return switch (driver.state()) {
      case ABSENT -> Finding.ok("nvidia driver", "none: " + driver.detail());
      case NO_GPU ->
          new Finding(
              "nvidia driver",
              Finding.Status.WARNING,
              driver.detail(),
              "Check nvidia-smi and CUDA_VISIBLE_DEVICES.");
      case BROKEN ->
          new Finding(
              "nvidia driver",
              Finding.Status.WARNING,
              driver.detail(),
              "Check that nvidia-smi runs; reinstall the driver if it does not.");
      case READY -> Finding.ok("nvidia driver", describe(driver));
    };
  }

  private static String describe(CudaDriver driver) {
    List<String> gpus = new ArrayList<>();
    for (CudaDriver.Gpu gpu : driver.gpus()) {
      gpus.add(
          String.format(
              Locale.ROOT,
              "cuda:%d %s, compute capability %d.%d, %d MiB",
              gpus.size(),
              gpu.name(),
              gpu.computeCapability() / 10,
              gpu.computeCapability() % 10,
              gpu.memoryBytes() / MEBIBYTE));
    }
    return "runs CUDA up to "
        + NativeLibraries.cudaVersionText(driver.cudaVersion())
        + "; "
        + String.join("; ", gpus);
  }

  private Finding cudaLibtorch() {
    if (TorchRuntime.choice().source() == NativeLibraries.Source.CUDA) {
      return Finding.ok("cuda libtorch", TorchRuntime.describe());
    }
    List<String> found =
        PythonTorch.findAll(host).stream()
            .map(torch -> "torch " + torch.version() + " in " + torch.folder())
            .toList();
    String value = found.isEmpty() ? "no Python torch" : "not used: " + String.join("; ", found);
    return TorchRuntime.unusedGpuNotice()
        .map(notice -> new Finding("cuda libtorch", Finding.Status.WARNING, value, notice))
        .orElseGet(() -> Finding.ok("cuda libtorch", value));
  }

  private static Finding engine() {
    try {
      TorchRuntime.load();
    } catch (DeviceException e) {
      return new Finding("engine", Finding.Status.ERROR, "does not load", e.getMessage());
    }
    Engine engine = Engine.getEngine("PyTorch");
    try (NDManager manager = engine.newBaseManager()) {
      NDArray ones = manager.ones(new Shape(2, 3));
      float sum = ones.matMul(ones.transpose()).sum().getFloat();
      if (sum != 12) {
        return new Finding(
            "engine",
            Finding.Status.ERROR,
            "computes wrongly: " + sum + " where 12 was expected",
            "The native libraries do not fit this machine: reinstall them.");
      }
    }
    return Finding.ok(
        "engine",
        "PyTorch " + engine.getVersion() + " computes; CUDA devices: " + engine.getGpuCount());
  }

  private static Finding threads() {
    TorchRuntime.load();
    return Finding.ok("threads", TorchThreads.describe());
  }

  private Finding telemetry() {
    // The engine is loaded by now. load() switched telemetry off while DJL would have sent it.
    boolean forced =
        "false".equals(host.variable("DJL_OFFLINE"))
            && host.variable("OPT_OUT_TRACKING") != null
            && !"true".equalsIgnoreCase(host.variable("OPT_OUT_TRACKING"));
    return forced
        ? new Finding(
            "telemetry",
            Finding.Status.WARNING,
            "DJL's is on through DJL_OFFLINE and OPT_OUT_TRACKING",
            "Unset these environment variables.")
        : Finding.ok("telemetry", "off");
  }

  static Finding cacheFolder(Path folder) {
    Optional<String> unwritable = Folders.whyUnwritable(folder);
    if (unwritable.isPresent()) {
      return new Finding(
          "cache folder",
          Finding.Status.ERROR,
          folder + " cannot be written: " + unwritable.get(),
          "Name a folder that can be written in GRAFT_HOME.");
    }
    long freeBytes = Folders.nearestExisting(folder).toFile().getUsableSpace();
    String value = folder + ", " + freeBytes / MEBIBYTE + " MiB free";
    return freeBytes >= LEAST_FREE_BYTES
        ? Finding.ok("cache folder", value)
        : new Finding(
            "cache folder",
            Finding.Status.WARNING,
            value,
            "Make room, or name another folder in GRAFT_HOME.");
  }
}
