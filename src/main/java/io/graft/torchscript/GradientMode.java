package io.graft.torchscript;

import ai.djl.pytorch.jni.JniUtils;

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
  static GradientMode on() {
    return new GradientMode(true);
  }

  /** Turns recording off, so that parameters may be changed in place. */
  public static GradientMode off() {
    return new GradientMode(false);
  }

  @Override
  public void close() {
    JniUtils.setGradMode(before);
  }
}
