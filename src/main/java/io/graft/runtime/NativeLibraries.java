package io.graft.runtime;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The libtorch that this process uses, and why it was chosen.
 *
 * @param source the origin of the libtorch
 * @param properties the system properties to set before DJL loads its engine; with them, DJL
 *     ignores a CPU libtorch on the class path
 * @param description a text for people that says what is used
 * @param gpuUnused whether an NVIDIA driver is present but unused
 * @param whyNoCuda the reason why CUDA is not used, and how to fix it; empty if CUDA is used
 */
record NativeLibraries(
    Source source,
    Map<String, String> properties,
    String description,
    boolean gpuUnused,
    String whyNoCuda) {

  /** The origin of a libtorch. */
  enum Source {
    /** A libtorch that the user chose with DJL's settings. Graft does not change them. */
    USER,
    /** The CPU libtorch that came with Graft. */
    CPU,
    /** The CUDA libtorch of a Python package on this machine. */
    CUDA
  }

  /** The CUDA build of DJL's native bridge. It fits any CUDA 12 libtorch of the same release. */
  private static final String CUDA_FLAVOR = "cu128";

  private static final int OLDEST_DRIVER_CUDA_VERSION = 12_000;

  /** The compute capability of Blackwell, 10.0. Only builds for CUDA 12.8 have kernels for it. */
  private static final int BLACKWELL = 100;

  private static final Set<String> PLATFORMS_WITH_CUDA = Set.of("linux-x86_64", "win-x86_64");

  NativeLibraries {
    properties = Map.copyOf(properties);
  }

  /** Chooses a libtorch that is on the machine. Sets and loads nothing. */
  static NativeLibraries choose(HostEnvironment host, Supplier<CudaDriver> probe) {
    String flavor = host.djlSetting("PYTORCH_FLAVOR");
    if (isSetByUser(host, flavor)) {
      return new NativeLibraries(
          Source.USER,
          Map.of(),
          "as set by PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR",
          false,
          "The libtorch that PYTORCH_LIBRARY_PATH, PYTORCH_VERSION or PYTORCH_FLAVOR select has no"
              + " CUDA or finds no GPU. Unset them to let Graft choose.");
    }
    if (flavor != null && flavor.startsWith("cpu")) {
      return cpu(false, "The CPU was requested by PYTORCH_FLAVOR or as the device.");
    }
    CudaDriver driver = probe.get();
    if (driver.state() == CudaDriver.State.ABSENT) {
      return cpu(false, "No NVIDIA driver was found: " + driver.detail() + ".");
    } else if (driver.state() == CudaDriver.State.NO_GPU) {
      return cpu(
          false,
          "The NVIDIA driver lists no GPU (%s). Check nvidia-smi and CUDA_VISIBLE_DEVICES."
              .formatted(driver.detail()));
    } else if (driver.state() == CudaDriver.State.BROKEN) {
      return cpu(
          true,
          "The NVIDIA driver does not work: " + driver.detail() + ". Check that nvidia-smi runs.");
    } else if (driver.cudaVersion() < OLDEST_DRIVER_CUDA_VERSION) {
      return cpu(
          true,
          "The NVIDIA driver runs CUDA up to %s, but 12.0 is needed. Update the driver."
              .formatted(cudaVersionText(driver.cudaVersion())));
    } else if (!PLATFORMS_WITH_CUDA.contains(host.classifier())) {
      return cpu(true, "DJL has no CUDA bridge for " + host.classifier() + ".");
    }
    return chooseTorch(host, driver);
  }

  private static boolean isSetByUser(HostEnvironment host, String flavor) {
    String version = host.djlSetting("PYTORCH_VERSION");
    return host.djlSetting("PYTORCH_LIBRARY_PATH") != null
        || (version != null && !version.equals(Versions.libtorch()))
        || (flavor != null && !flavor.startsWith("cpu") && !flavor.equals(CUDA_FLAVOR));
  }

  private static NativeLibraries chooseTorch(HostEnvironment host, CudaDriver driver) {
    List<String> refused = new ArrayList<>();
    boolean blackwell = driver.gpus().stream().anyMatch(g -> g.computeCapability() >= BLACKWELL);
    for (PythonTorch torch : PythonTorch.findAll(host)) {
      String reason = refusal(torch, host, blackwell);
      if (reason == null) {
        return cuda(torch, host);
      }
      refused.add("torch " + torch.version() + " in " + torch.folder() + ": " + reason);
    }
    String named = host.variable("GRAFT_TORCH");
    String found =
        !refused.isEmpty()
            ? "Refused: " + String.join("; ", refused) + "."
            : named != null
                ? "GRAFT_TORCH names " + named + ", which holds no torch package."
                : "Found no torch in an active virtual or Conda environment or on the import path"
                    + " of python3.";
    return cpu(
        true,
        ("An NVIDIA driver is present, but no CUDA libtorch %s. %s To use the GPU: pip install"
                + " torch==%s%s, in the active environment or in one that GRAFT_TORCH names.")
            .formatted(
                Versions.libtorch(),
                found,
                Versions.libtorch(),
                blackwell
                    ? " in its build for CUDA 12.8 (+cu128, see PyTorch's install page)"
                    : ""));
  }

  private static String refusal(PythonTorch torch, HostEnvironment host, boolean blackwell) {
    if (!torch.release().equals(Versions.libtorch())) {
      return "version " + Versions.libtorch() + " is needed";
    }
    String cuda = torch.cudaVersion().orElse("");
    Path library = torch.libraries().resolve(host.fileNameOf("torch_cuda"));
    if (cuda.isEmpty() || !Files.isRegularFile(library)) {
      return "it is built without CUDA";
    } else if (!cuda.startsWith("12.")) {
      return "it is built for CUDA " + cuda + " and 12 is needed";
    } else if (blackwell && !cuda.equals("12.8") && !cuda.equals("12.9")) {
      return "it is built for CUDA " + cuda + ", which has no kernels for this GPU";
    }
    return null;
  }

  private static NativeLibraries cuda(PythonTorch torch, HostEnvironment host) {
    Map<String, String> properties = new HashMap<>();
    properties.put("PYTORCH_LIBRARY_PATH", torch.libraries().toString());
    properties.put("PYTORCH_VERSION", Versions.libtorch());
    properties.put("PYTORCH_FLAVOR", CUDA_FLAVOR);
    // DJL counts GPUs through the CUDA runtime, which JNA then finds in this folder. JNA takes
    // libcudart.so.12 for "cudart" if there is no libcudart.so.
    String path = host.properties().apply("jna.library.path");
    String rest = path == null || path.isEmpty() ? "" : File.pathSeparator + path;
    torch
        .cudaRuntimeFolder()
        .ifPresent(folder -> properties.put("jna.library.path", folder + rest));
    return new NativeLibraries(
        Source.CUDA,
        properties,
        "CUDA libtorch of Python's torch " + torch.version() + " in " + torch.libraries(),
        false,
        "");
  }

  private static NativeLibraries cpu(boolean gpuUnused, String whyNoCuda) {
    return new NativeLibraries(
        Source.CPU, Map.of(), "CPU libtorch " + Versions.libtorch(), gpuUnused, whyNoCuda);
  }

  static String cudaVersionText(int cudaVersion) {
    return cudaVersion / 1000 + "." + cudaVersion % 1000 / 10;
  }
}
