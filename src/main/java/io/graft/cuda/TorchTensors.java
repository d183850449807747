package io.graft.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/**
 * What libtorch's own C interface says about tensors and streams. It is the interface for compiled
 * models, and takes the handles that DJL holds.
 *
 * @param tensors the functions for tensors
 * @param streams the functions for CUDA's streams
 * @see <a
 *     href="https://github.com/pytorch/pytorch/blob/v2.7.1/torch/csrc/inductor/aoti_torch/c/shim.h">shim.h</a>
 */
record TorchTensors(NativeFunctions tensors, NativeFunctions streams) {

  /**
   * Loads the interface.
   *
   * @throws UnsatisfiedLinkError if this libtorch has none
   */
  static TorchTensors of(CudaLibraries libraries) {
    return new TorchTensors(functions(libraries.torch()), functions(libraries.torchCuda()));
  }

  private static NativeFunctions functions(String file) {
    return new NativeFunctions(NativeFunctions.load(file), status -> "error " + status);
  }

  /** Returns the address of an array's first element, in the memory of its device. */
  long address(NDArray array) {
    PointerByReference address = new PointerByReference();
    Pointer handle = new Pointer(((PtNDArray) array).getHandle());
    tensors.call("aoti_torch_get_data_ptr", handle, address);
    return Pointer.nativeValue(address.getValue());
  }

  /** Returns the stream on which libtorch computes for the calling thread. */
  Pointer stream(int gpu) {
    PointerByReference stream = new PointerByReference();
    streams.call("aoti_torch_get_current_cuda_stream", gpu, stream);
    return stream.getValue();
  }
}
