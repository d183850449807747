package io.graft.cuda;

import ai.djl.pytorch.jni.LibUtils;
import io.graft.runtime.Folders;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The native libraries that compile and launch kernels.
 *
 * @param driver the name or path of the NVIDIA driver's library
 * @param torch the path of the libtorch library that knows tensors
 * @param torchCuda the path of the libtorch library that knows CUDA's streams
 * @param compilers the names and paths that may be NVRTC, in order
 * @param cache the folder of compiled kernels
 */
public record CudaLibraries(
    String driver, String torch, String torchCuda, List<String> compilers, Path cache) {

  /** The environment variable that turns the kernels off. */
  public static final String SETTING = "GRAFT_CUDA_KERNELS";

  /** Copies the list. */
  public CudaLibraries {
    compilers = List.copyOf(compilers);
  }

  /**
   * Returns the libraries of this process.
   *
   * @throws KernelException if kernels are turned off, or are not for this system or libtorch
   */
  public static CudaLibraries current() {
    if ("off".equals(System.getenv(SETTING))) {
      throw new KernelException(SETTING + " is off.");
    }
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
      throw new KernelException("They are for Linux.");
    }
    TorchRuntime.load();
    Path libtorch = Path.of(LibUtils.getLibtorchPath()).toAbsolutePath();
    Path torchCuda = libtorch.resolve("libtorch_cuda.so");
    if (!Files.exists(torchCuda)) {
      throw new KernelException("This libtorch is built without CUDA.");
    }
    return new CudaLibraries(
        "libcuda.so.1",
        libtorch.resolve("libtorch_cpu.so").toString(),
        torchCuda.toString(),
        Nvrtc.candidates(real(torchCuda).getParent()),
        Folders.cache().resolve("kernels"));
  }

  /** Returns the file itself, if a link leads to it: the file is beside Python's other packages. */
  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file;
    }
  }
}
