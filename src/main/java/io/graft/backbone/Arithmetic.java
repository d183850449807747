package io.graft.backbone;

import io.graft.image.InputSpec;
import java.io.IOException;
import java.util.List;

/** How the steps of a network become TorchScript source for one precision and kind of device. */
sealed interface Arithmetic permits OneDnnFloat, OneDnnInt8, CudnnFloat {

  /** What a scalar list that is empty looks like in serialized TorchScript. */
  String NO_SCALARS = "annotate(List[Optional[number]], [])";

  /** PyTorch's numbers for element types, from c10/core/ScalarType.h. */
  int UINT8 = 0;

  int INT8 = 1;
  int INT32 = 3;
  int FLOAT16 = 5;
  int FLOAT32 = 6;
  int BFLOAT16 = 15;

  /**
   * Writes the whole of {@code forward}: {@code x} is uint8 RGB in NHWC order and becomes float32
   * NCHW activations. Adds two methods, {@code weight} and {@code bias}, that give the parameters
   * that the module computes with, float32, by the number of the step among those with parameters.
   */
  void write(List<Step> steps, InputSpec input, ModuleSource module) throws IOException;

  /** A list of two equal numbers, as source. */
  static String pair(int value) {
    return "[" + value + ", " + value + "]";
  }
}
