package io.graft.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.graft.runtime.NativeCalls;

/**
 * Whether libtorch records what the calling thread computes, so that gradients can be had of it. It
 * is a setting of each thread, off on the one that loaded the engine and on in others; closing
 * gives back what was before.
 */
public final class GradientMode implements AutoCloseable {

  private final boolean before;

  private GradientMode(boolean on) {
    this.before = JniUtils.isGradMode();
    JniUtils.setGradMode(on);
  }

  /** From here on, computations are recorded. */
  public static GradientMode on() {
    return new GradientMode(true);
  }

  /** From here on, computations are not recorded and parameters may be changed in place. */
  public static GradientMode off() {
    return new GradientMode(false);
  }

  /**
   * Adds the gradients of what was recorded to those of the parameters behind it.
   *
   * @param loss a single number
   */
  public static void backward(NDArray loss) {
    try (NDArray one = loss.getManager().ones(loss.getShape(), loss.getDataType())) {
      NativeCalls.run(
          () -> {
            JniUtils.backward((PtNDArray) loss, (PtNDArray) one, false, false);
            return loss;
          });
    }
  }

  @Override
  public void close() {
    JniUtils.setGradMode(before);
  }
}
