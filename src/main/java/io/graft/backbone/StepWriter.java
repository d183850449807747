package io.graft.backbone;

import io.graft.image.InputSpec;
import java.io.IOException;
import java.util.List;

/** Writes the steps of a network as TorchScript, for one precision and kind of device. */
sealed interface StepWriter permits OneDnnFloat, OneDnnInt8, CudnnFloat {

  /**
   * Writes the whole of {@code forward}, which takes uint8 RGB in NHWC order and returns float32
   * NCHW features. Adds two methods, {@code weight} and {@code bias}. They return the parameters
   * that the module computes with, float32, by the number of the step among those with parameters.
   */
  void write(List<Step> steps, InputSpec input, ModuleSource module) throws IOException;
}
