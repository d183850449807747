package io.graft.cuda;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.graft.runtime.OpenState;

/** A binary of kernels on one GPU, loaded by the NVIDIA driver into libtorch's context. */
final class KernelModule implements AutoCloseable {

  // Numbers from cuda.h, the header of the CUDA driver API.
  private static final int MULTIPROCESSOR_COUNT = 16;
  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;

  private final NativeFunctions driver;
  private final int device;
  private final Pointer context;
  private final OpenState open = new OpenState(KernelModule.class);
  private Pointer module;

  private KernelModule(NativeFunctions driver, int device, Pointer context) {
    this.driver = driver;
    this.device = device;
    this.context = context;
  }

  /**
   * Prepares a module without a binary.
   *
   * @param library the name or path of the driver's library
   * @param gpu the number of the GPU
   * @throws KernelException if the driver fails
   * @throws UnsatisfiedLinkError if there is no driver or it lacks a function
   */
  static KernelModule on(String library, int gpu) {
    NativeLibrary loaded = NativeFunctions.load(library);
    Function describe = loaded.getFunction("cuGetErrorName");
    NativeFunctions driver = new NativeFunctions(loaded, status -> name(describe, status));
    driver.call("cuInit", 0);
    IntByReference device = new IntByReference();
    driver.call("cuDeviceGet", device, gpu);
    PointerByReference context = new PointerByReference();
    // libtorch uses the primary context too, so both share addresses and streams.
    driver.call("cuDevicePrimaryCtxRetain", context, device.getValue());
    return new KernelModule(driver, device.getValue(), context.getValue());
  }

  private static String name(Function describe, int status) {
    PointerByReference name = new PointerByReference();
    return describe.invokeInt(new Object[] {status, name}) == 0
        ? name.getValue().getString(0)
        : "CUDA error " + status;
  }

  /** Returns the compute capability, such as 90 for 9.0. */
  int computeCapability() {
    return 10 * attribute(COMPUTE_CAPABILITY_MAJOR) + attribute(COMPUTE_CAPABILITY_MINOR);
  }

  int multiprocessors() {
    return attribute(MULTIPROCESSOR_COUNT);
  }

  private int attribute(int number) {
    IntByReference value = new IntByReference();
    driver.call("cuDeviceGetAttribute", value, number, device);
    return value.getValue();
  }

  void load(byte[] binary) {
    PointerByReference loaded = new PointerByReference();
    try (Memory memory = new Memory(binary.length)) {
      memory.write(0, binary, 0, binary.length);
      inContext(() -> driver.call("cuModuleLoadData", loaded, memory));
    }
    module = loaded.getValue();
  }

  /** Returns a kernel of the loaded binary. */
  Pointer kernel(String name) {
    PointerByReference kernel = new PointerByReference();
    inContext(() -> driver.call("cuModuleGetFunction", kernel, module, name));
    return kernel.getValue();
  }

  /**
   * Appends the run of a kernel to a stream and returns without waiting for it.
   *
   * @param parameters the addresses of the arguments, in order
   */
  void launch(Pointer kernel, Grid grid, Pointer parameters, Pointer stream) {
    open.require();
    inContext(
        () ->
            driver.call(
                "cuLaunchKernel",
                kernel,
                grid.across(),
                grid.down(),
                grid.deep(),
                Grid.THREADS,
                1,
                1,
                0,
                stream,
                parameters,
                Pointer.NULL));
  }

  /** Makes calls in the context, which several threads may do at once. */
  private void inContext(Runnable calls) {
    driver.call("cuCtxPushCurrent_v2", context);
    try {
      calls.run();
    } finally {
      driver.status("cuCtxPopCurrent_v2", new PointerByReference());
    }
  }

  @Override
  public void close() {
    // A failure here is one of the GPU, which the next computation reports.
    if (open.close()) {
      if (module != null) {
        driver.status("cuCtxPushCurrent_v2", context);
        // Launches in progress use the binary.
        driver.status("cuCtxSynchronize");
        driver.status("cuModuleUnload", module);
        driver.status("cuCtxPopCurrent_v2", new PointerByReference());
      }
      driver.status("cuDevicePrimaryCtxRelease_v2", device);
    }
  }
}
