package io.graft.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.graft.runtime.NativeCalls;

/**
 * Sets whether libtorch records the calling thread's computations for gradients. Each thread has
 * its own setting. It is off in the thread that loaded the engine and on in others. Closing
 * restores the previous setting.
 */
public final class GradientMode implements AutoCloseable {

  private final boolean before;

  private GradientMode(boolean on) {
    this.before = JniUtils.isGradMode();
    JniUtils.setGradMode(on);
  }

  /** Turns recording on. */
  public static GradientMode on() {
    return new GradientMode(true);
  }

  /** Turns recording off, so that parameters may be changed in place. */
  public static GradientMode off() {
    return new GradientMode(false);
  }

  /**
   * Adds the gradients of a loss to those of the parameters that it was computed from.
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
