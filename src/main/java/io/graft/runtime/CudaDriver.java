package io.graft.runtime;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The NVIDIA driver of this machine, as the driver's library reports it. DJL asks the CUDA runtime
 * instead, so it finds no GPU if only the driver is installed.
 *
 * @param state whether the driver is present and works
 * @param cudaVersion the newest CUDA version that the driver supports, such as 12040 for 12.4; 0 if
 *     unknown
 * @param gpus the devices that the process may use, in the driver's order
 * @param detail what was tried, and its result, for people
 */
record CudaDriver(State state, int cudaVersion, List<Gpu> gpus, String detail) {

  /** The state of a driver. */
  enum State {
    /** There is no driver library, so no usable NVIDIA GPU. */
    ABSENT,
    /** The driver works and lists no device, perhaps because CUDA_VISIBLE_DEVICES hides them. */
    NO_GPU,
    /** The driver is installed but returns an error. */
    BROKEN,
    /** The driver works and lists at least one device. */
    READY
  }

  /**
   * One GPU.
   *
   * @param name the vendor's name for the device
   * @param computeCapability the compute capability, such as 90 for 9.0
   * @param memoryBytes the total memory of the device
   */
  record Gpu(String name, int computeCapability, long memoryBytes) {}

  // Names and numbers from cuda.h, the header of the CUDA driver API.
  private static final int CUDA_ERROR_NO_DEVICE = 100;
  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;

  CudaDriver {
    gpus = List.copyOf(gpus);
  }

  /** Loads the driver's library and asks for its version and devices. Never throws. */
  static CudaDriver probe(HostEnvironment host) {
    String library =
        switch (host.os()) {
          case LINUX -> "libcuda.so.1";
          case WINDOWS -> "nvcuda";
          default -> null;
        };
    if (library == null) {
      return absent("CUDA does not exist on this operating system");
    }
    try {
      // This line loads JNA first. A failure to load JNA is thus not mistaken for a missing driver.
      if (Native.POINTER_SIZE != Long.BYTES) {
        return absent("CUDA needs a 64-bit Java");
      }
    } catch (LinkageError e) {
      return new CudaDriver(
          State.BROKEN, 0, List.of(), "JNA, which asks for the driver, cannot load: " + e);
    }
    NativeLibrary driver;
    try {
      driver = NativeLibrary.getInstance(library);
    } catch (UnsatisfiedLinkError e) {
      return absent(library + " cannot be loaded");
    }
    try {
      return ask(driver, library);
    } catch (UnsatisfiedLinkError e) {
      return new CudaDriver(State.BROKEN, 0, List.of(), library + " lacks a function: " + e);
    }
  }

  private static CudaDriver absent(String detail) {
    return new CudaDriver(State.ABSENT, 0, List.of(), detail);
  }

  private static CudaDriver ask(NativeLibrary driver, String library) {
    IntByReference version = new IntByReference();
    call(driver, "cuDriverGetVersion", version);
    int cudaVersion = version.getValue();
    int status = call(driver, "cuInit", 0);
    IntByReference count = new IntByReference();
    if (status == 0) {
      status = call(driver, "cuDeviceGetCount", count);
    }
    if (status == CUDA_ERROR_NO_DEVICE || (status == 0 && count.getValue() == 0)) {
      return new CudaDriver(
          State.NO_GPU, cudaVersion, List.of(), library + " works and lists no GPU");
    }
    if (status != 0) {
      return new CudaDriver(
          State.BROKEN, cudaVersion, List.of(), library + " answers with CUDA error " + status);
    }
    List<Gpu> gpus = new ArrayList<>();
    for (int i = 0; i < count.getValue(); i++) {
      gpus.add(describe(driver, i));
    }
    return new CudaDriver(State.READY, cudaVersion, gpus, library + " works");
  }

  private static Gpu describe(NativeLibrary driver, int ordinal) {
    IntByReference device = new IntByReference();
    call(driver, "cuDeviceGet", device, ordinal);
    byte[] name = new byte[256];
    call(driver, "cuDeviceGetName", name, name.length, device.getValue());
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    call(driver, "cuDeviceGetAttribute", major, COMPUTE_CAPABILITY_MAJOR, device.getValue());
    call(driver, "cuDeviceGetAttribute", minor, COMPUTE_CAPABILITY_MINOR, device.getValue());
    LongByReference memoryBytes = new LongByReference();
    call(driver, "cuDeviceTotalMem_v2", memoryBytes, device.getValue());
    return new Gpu(
        Native.toString(name, StandardCharsets.UTF_8.name()),
        10 * major.getValue() + minor.getValue(),
        memoryBytes.getValue());
  }

  private static int call(NativeLibrary driver, String function, Object... arguments) {
    return driver.getFunction(function).invokeInt(arguments);
  }
}
