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
import java.util.function.Function;
import java.util.function.Supplier;

/** Examines what Graft depends on: what this machine has, what is missing, and what to do. */
public final class Doctor {

  private static final long MEBIBYTE = 1L << 20;
  private static final long LEAST_FREE_BYTES = 1024 * MEBIBYTE;
  private static final long LEAST_HEAP_BYTES = 256 * MEBIBYTE;

  private final HostEnvironment host;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * One result of an examination.
   *
   * @param name what was examined
   * @param status whether it is in order
   * @param value what was found
   * @param remedy what to do; empty if there is nothing to do
   */
  public record Finding(String name, Status status, String value, String remedy) {

    /** The status of a finding. */
    public enum Status {
      /** In order, or a plain fact. */
      OK,
      /** Graft works, but less well. */
      WARNING,
      /** Graft does not work. */
      ERROR
    }

    /** Returns a finding of something that is in order, or of a plain fact. */
    public static Finding ok(String name, String value) {
      return new Finding(name, Status.OK, value, "");
    }

    /** Returns a finding of something that makes Graft work less well. */
    public static Finding warning(String name, String value, String remedy) {
      return new Finding(name, Status.WARNING, value, remedy);
    }

    static Finding error(String name, String value, String remedy) {
      return new Finding(name, Status.ERROR, value, remedy);
    }
  }

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
    doctor.look("file names", FileNames::examine);
    doctor.look("versions", Doctor::versions);
    doctor.look("nvidia driver", doctor::driver);
    doctor.look("cuda libtorch", doctor::cudaLibtorch);
    doctor.look("libtorch", () -> Finding.ok("libtorch", TorchRuntime.describe()));
    doctor.look("engine", Doctor::engine);
    doctor.look("threads", Doctor::threads);
    doctor.look("allocator", () -> Finding.ok("allocator", TorchRuntime.allocator().description()));
    doctor.look("telemetry", doctor::telemetry);
    doctor.look("cache folder", () -> cacheFolder(Folders.cache(doctor.host)));
    return List.copyOf(doctor.findings);
  }

  private void look(String name, Supplier<Finding> examination) {
    findings.add(guarded(name, examination));
  }

  /** Runs an examination. If it throws, returns a finding with the status ERROR. */
  static Finding guarded(String name, Supplier<Finding> examination) {
    try {
      return examination.get();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      // One failed examination must not hide the other findings.
      return Finding.error(name, "cannot be examined: " + e, "Report this with the message.");
    }
  }

  private Finding operatingSystem() {
    Function<String, String> property = host.properties();
    return Finding.ok(
        "operating system",
        "%s %s, %s"
            .formatted(
                property.apply("os.name"),
                property.apply("os.version"),
                property.apply("os.arch")));
  }

  private static Finding java() {
    return Finding.ok(
        "java",
        "%s %s, %s"
            .formatted(
                System.getProperty("java.vm.name"),
                Runtime.version(),
                System.getProperty("java.home")));
  }

  private static Finding heap() {
    long bytes = Runtime.getRuntime().maxMemory();
    String value = "at most " + bytes / MEBIBYTE + " MiB";
    return bytes >= LEAST_HEAP_BYTES
        ? Finding.ok("heap", value)
        : Finding.warning(
            "heap", value, "Give Java more memory: GRAFT_JAVA_OPTS=-Xmx2g for the launcher.");
  }

  private static Finding versions() {
    return Finding.ok(
        "versions",
        "Graft %s, DJL API %s, DJL PyTorch engine %s, libtorch %s"
            .formatted(
                Versions.graft(), Versions.djlApi(), Versions.djlEngine(), Versions.libtorch()));
  }

  private Finding driver() {
    CudaDriver driver = CudaDriver.probe(host);
    return switch (driver.state()) {
      case ABSENT -> Finding.ok("nvidia driver", "none: " + driver.detail());
      case NO_GPU ->
          Finding.warning(
              "nvidia driver", driver.detail(), "Check nvidia-smi and CUDA_VISIBLE_DEVICES.");
      case BROKEN ->
          Finding.warning(
              "nvidia driver",
              driver.detail(),
              "Check that nvidia-smi runs. Reinstall the driver if it does not.");
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
    String newest = NativeLibraries.cudaVersionText(driver.cudaVersion());
    return "runs CUDA up to " + newest + "; " + String.join("; ", gpus);
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
        .map(notice -> Finding.warning("cuda libtorch", value, notice))
        .orElseGet(() -> Finding.ok("cuda libtorch", value));
  }

  private static Finding engine() {
    try {
      TorchRuntime.load();
    } catch (DeviceException e) {
      return Finding.error("engine", "does not load", e.getMessage());
    }
    Engine engine = Engine.getEngine("PyTorch");
    try (NDManager manager = engine.newBaseManager()) {
      NDArray ones = manager.ones(new Shape(2, 3));
      float sum = ones.matMul(ones.transpose()).sum().getFloat();
      if (sum != 12) {
        return Finding.error(
            "engine",
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
    // The engine is loaded by now. DJL would have sent it then, but load() switched it off.
    boolean forced =
        "false".equals(host.variable("DJL_OFFLINE"))
            && host.variable("OPT_OUT_TRACKING") != null
            && !"true".equalsIgnoreCase(host.variable("OPT_OUT_TRACKING"));
    return forced
        ? Finding.warning(
            "telemetry",
            "DJL's is on through DJL_OFFLINE and OPT_OUT_TRACKING",
            "Unset these environment variables.")
        : Finding.ok("telemetry", "off");
  }

  static Finding cacheFolder(Path folder) {
    Optional<String> unwritable = Folders.whyUnwritable(folder);
    if (unwritable.isPresent()) {
      return Finding.error(
          "cache folder",
          folder + " cannot be written: " + unwritable.get(),
          "Name a folder that can be written in GRAFT_HOME.");
    }
    long freeBytes = Folders.nearestExisting(folder).toFile().getUsableSpace();
    String value = folder + ", " + freeBytes / MEBIBYTE + " MiB free";
    return freeBytes >= LEAST_FREE_BYTES
        ? Finding.ok("cache folder", value)
        : Finding.warning(
            "cache folder", value, "Make room, or name another folder in GRAFT_HOME.");
  }
}
