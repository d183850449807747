package io.graft.backbone;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.cuda.CudaLibraries;
import io.graft.cuda.ElementType;
import io.graft.cuda.KernelException;
import io.graft.cuda.Kernels;
import io.graft.image.InputSpec;
import io.graft.nn.Precision;
import io.graft.runtime.Devices;
import io.graft.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * The way through compiled layers that uses Graft's CUDA kernels. The module computes what is
 * between two kernels. Everything is on libtorch's stream, in order, so nothing waits.
 *
 * @param module the module, which has the methods that {@link ModuleSource#endKernel} describes
 * @param type the type of the kernels' elements
 * @param parameters the parameters of the first convolution; empty without one
 */
record KernelPath(
    TorchScriptModule module,
    List<KernelStep> steps,
    Kernels kernels,
    ElementType type,
    List<NDArray> parameters) {

  private static final int ROWS_TO_CHECK = 2;

  /**
   * Loads the kernels. Call {@link #check} before anything else.
   *
   * @param manager the manager that owns the module and will own the kernels
   * @throws KernelException if the kernels cannot be compiled or loaded here
   */
  static KernelPath load(
      TorchScriptModule module,
      List<KernelStep> steps,
      InputSpec input,
      Precision precision,
      CudaLibraries libraries,
      NDManager manager) {
    ElementType type =
        switch (precision) {
          case FP16 -> ElementType.FLOAT16;
          case BF16 -> ElementType.BFLOAT16;
          case FP32 -> ElementType.FLOAT32;
          case INT8, TF32 ->
              throw new IllegalArgumentException(precision.word() + " in frozen layers on a GPU");
        };
    Kernels kernels = Kernels.load(libraries, manager.getDevice().getDeviceId(), type);
    manager.attachInternal(UUID.randomUUID().toString(), kernels);
    List<NDArray> parameters = new ArrayList<>();
    if (steps.get(0) instanceof KernelStep.FirstConvolution) {
      parameters.add(table(module, input, manager));
      parameters.add(module.call(KernelStep.FirstConvolution.WEIGHT, manager));
      parameters.add(module.call("bias", manager, 0L));
    }
    return new KernelPath(module, List.copyOf(steps), kernels, type, parameters);
  }

  /** Returns the elements that the values of a pixel's channels are normalised to, (3, 256). */
  private static NDArray table(TorchScriptModule module, InputSpec input, NDManager manager) {
    try (NDManager scratch = manager.newSubManager()) {
      byte[] levels = new byte[3 * 256];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) (i / 3);
      }
      Shape shape = new Shape(1, 256, 1, 3);
      NDArray pixels = scratch.create(ByteBuffer.wrap(levels), shape, DataType.UINT8);
      NDArray planes = input.normalize(pixels);
      // The kernel takes the channels in the order of the pixels, which is RGB.
      NDArray ordered = input.channels() == InputSpec.Channels.BGR ? planes.flip(1) : planes;
      return module.call(KernelStep.FirstConvolution.ELEMENTS, manager, ordered);
    }
  }

  /**
   * Computes float32 features.
   *
   * @param owner the manager that owns the result
   * @param pixels uint8 NHWC on the device, which the caller closes
   */
  NDArray forward(NDManager owner, NDArray pixels, int rows) {
    try (NDManager scratch = owner.newSubManager()) {
      NDArray x = pixels;
      for (int i = 0; i < steps.size(); i++) {
        NDList arrays = module.callAll("before_" + i, scratch, x);
        release(x, pixels);
        steps.get(i).launch(kernels, parameters, arrays.get(0), arrays.get(1), rows);
        arrays.get(0).close();
        x = arrays.get(1);
      }
      return module.call("after", owner, x);
    }
  }

  /** Closes an array as soon as nothing needs it, because the next may need its memory. */
  private static void release(NDArray x, NDArray pixels) {
    if (x != pixels) {
      x.close();
    }
  }

  /**
   * Compares each kernel with cuDNN on random pixels.
   *
   * @throws KernelException if they differ by more than rounding, or a launch fails
   */
  void check(InputSpec input, NDManager manager) {
    try (NDManager scratch = manager.newSubManager()) {
      ByteBuffer random = ByteBuffer.allocateDirect(ROWS_TO_CHECK * input.bytes());
      byte[] bytes = new byte[random.capacity()];
      new Random(1).nextBytes(bytes);
      random.put(bytes).flip();
      Shape shape = new Shape(ROWS_TO_CHECK, input.height(), input.width(), 3);
      // A copy, because on a CPU the array is Java's memory, which Java may free.
      NDArray x = scratch.create(random, shape, DataType.UINT8).duplicate();
      for (int i = 0; i < steps.size(); i++) {
        KernelStep step = steps.get(i);
        NDList arrays = module.callAll("before_" + i, scratch, x);
        NDArray expected = module.call("instead_" + i, scratch, arrays.get(0));
        step.launch(kernels, parameters, arrays.get(0), arrays.get(1), ROWS_TO_CHECK);
        x = arrays.get(1);
        float[] difference =
            module.call(KernelStep.DIFFERENCE, scratch, x, expected).toFloatArray();
        // NaN must fail too.
        if (!(difference[0] <= step.tolerance(type) * difference[1])) {
          throw new KernelException(
              ("Kernel %d of %d (%s) differs from cuDNN by %s, where the largest value is %s."
                      + " Please report this with the GPU's name.")
                  .formatted(i + 1, steps.size(), step, difference[0], difference[1]));
        }
      }
    }
  }

  /** Describes the kernels for people. */
  String describe(Device device) {
    boolean first = !parameters.isEmpty();
    int pools = steps.size() - (first ? 1 : 0);
    return "Graft's own CUDA kernels on %s compute %s%d pools."
        .formatted(Devices.nameOf(device), first ? "the first convolution and " : "", pools);
  }
}
