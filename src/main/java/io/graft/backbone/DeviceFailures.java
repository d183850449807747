package io.graft.backbone;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.graft.cuda.CudaLibraries;
import io.graft.runtime.DeviceException;
import io.graft.runtime.Devices;
import java.util.List;

/** Recognises libtorch's device errors and turns them into exceptions for users. */
final class DeviceFailures {

  /**
   * Parts of libtorch 2.7.1's messages about too little memory. They come from
   * c10/cuda/CUDACachingAllocator.cpp and the CUDA runtime, from c10/core/impl/alloc_cpu.cpp on
   * POSIX and on Windows, and from cuDNN and cuBLAS.
   */
  private static final List<String> OUT_OF_MEMORY =
      List.of(
          "out of memory", "can't allocate memory", "not enough memory", "_STATUS_ALLOC_FAILED");

  private DeviceFailures() {}

  /** Returns whether the device had too little memory. A smaller batch may then succeed. */
  static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return OUT_OF_MEMORY.stream().anyMatch(message::contains);
  }

  /** Returns whether the device caused the error, rather than the request. */
  static boolean isOfDevice(EngineException e) {
    // The text is from c10/cuda/CUDAException.h.
    return isOutOfMemory(e) || String.valueOf(e.getMessage()).contains("CUDA error: ");
  }

  static DeviceException whileLoading(Device device, EngineException e) {
    return failure("failed while the frozen layers were loaded", device, e);
  }

  static DeviceException whileCheckingKernels(Device device, EngineException e) {
    String what = "failed while Graft's own CUDA kernels were checked; %s=off does without them";
    return failure(what.formatted(CudaLibraries.SETTING), device, e);
  }

  static DeviceException on(Device device, int rows, EngineException e) {
    String images = rows == 1 ? "a single image" : rows + " images";
    return failure(
        isOutOfMemory(e) ? "has too little memory for " + images : "failed on " + images,
        device,
        e);
  }

  private static DeviceException failure(String what, Device device, EngineException e) {
    String said = String.valueOf(e.getMessage()).strip();
    return new DeviceException(
        "The device %s %s: %s%s %s"
            .formatted(
                Devices.nameOf(device),
                what,
                said,
                said.endsWith(".") ? "" : ".",
                device.isGpu()
                    ? "End other programs that use it, or choose another device, such as cpu."
                    : "End other programs, or use a machine with more memory."),
        e,
        device.isGpu() ? new String[] {"device"} : new String[0]);
  }
}
