package io.graft.backbone;

import ai.djl.ndarray.NDManager;
import io.graft.nn.Precision;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Measures how fast frozen layers are in each precision, and how closely they agree with fp32. The
 * fp32 layers are loaded when the first measurement needs them.
 */
final class PlanTrials implements AutoCloseable {

  /** The number of timed forward passes after an untimed one that loads the layers. */
  private static final int TIMED_ON_CPU = 3;

  /** A GPU needs many passes until its clock reaches its maximum. */
  private static final int TIMED_ON_GPU = 20;

  private final FrozenLayers layers;
  private final SampleImages sample;
  private final Progress listener;
  private final boolean gpu;

  /** The layers in fp32; null until needed. */
  private FrozenLayers exact;

  /** The fp32 features of the sample; null until needed. */
  private float[] reference;

  /** The scales of int8; null until needed. */
  private List<Float> scales;

  /**
   * Prepares measurements on the layers' first device.
   *
   * @param listener the listener, which may request a stop before every forward pass
   */
  PlanTrials(FrozenLayers layers, SampleImages sample, Progress listener) {
    this.layers = layers;
    this.sample = sample;
    this.listener = listener;
    this.gpu = layers.device().isGpu();
  }

  /**
   * Computes the scales of int8.
   *
   * @throws UnsupportedPrecisionException if int8 cannot compute these layers on this device
   */
  List<Float> scales() {
    if (scales == null) {
      scales = ActivationScales.of(exact(), this::throwIfStopped);
    }
    return scales;
  }

  /** Returns whether the fp32 features are finite. They are, unless the weights are damaged. */
  boolean isFinite() {
    for (float value : reference()) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Measures the speed of a precision. On a CPU it measures one thread by the thread's CPU time,
   * which other programs hardly affect. The elapsed time can be up to ten times as long.
   *
   * @param scales the scales of int8; empty for another precision
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot compute the precision
   */
  double imagesPerSecond(Precision precision, List<Float> scales) {
    Plan whole = Plan.of(precision, scales, layers.device());
    // Measures half a micro-batch, because other programs may leave a GPU too little memory for a
    // whole one. In that case extraction halves it too.
    Plan plan = new Plan(precision, gpu ? whole.microBatch() / 2 : 1, 1, scales);
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    boolean ofThread = !gpu && clock.isCurrentThreadCpuTimeSupported();
    long time = fastest(plan, ofThread ? clock::getCurrentThreadCpuTime : System::nanoTime);
    return plan.microBatch() / (time / 1e9);
  }

  /**
   * Returns the fastest number of threads, or 0 on a GPU.
   *
   * @param counts the numbers to try; nothing is measured if the plan's number is the only one
   */
  int fastestThreads(Plan plan, List<Integer> counts) {
    if (gpu) {
      return 0;
    }
    int best = plan.threads();
    long least = Long.MAX_VALUE;
    List<Integer> tried = counts.equals(List.of(best)) ? List.of() : counts;
    for (int count : tried) {
      long time = fastest(plan.withThreads(count), System::nanoTime);
      if (time < least) {
        least = time;
        best = count;
      }
    }
    return best;
  }

  /** Returns how many nanoseconds the fastest of several forward passes took. */
  private long fastest(Plan plan, LongSupplier clock) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(plan.microBatch() * layers.input().bytes());
    while (pixels.hasRemaining()) {
      pixels.put(sample.pixels().slice(0, Math.min(pixels.remaining(), sample.pixels().limit())));
    }
    pixels.flip();
    long fastest = Long.MAX_VALUE;
    try (FrozenLayers tried = layers.withPlan(plan)) {
      forward(tried, pixels, plan.microBatch());
      for (int i = 0; i < (gpu ? TIMED_ON_GPU : TIMED_ON_CPU); i++) {
        long start = clock.getAsLong();
        forward(tried, pixels, plan.microBatch());
        fastest = Math.min(fastest, clock.getAsLong() - start);
      }
    }
    return fastest;
  }

  /**
   * Compares the features of a plan with those of fp32.
   *
   * @param images the sample, decoded exactly or fast; fp32 always gets it decoded exactly
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot compute the plan
   */
  Agreement agreement(Plan plan, SampleImages images) {
    try (FrozenLayers tried = layers.withPlan(plan)) {
      return Agreement.of(reference(), features(tried, images), sample.rows());
    }
  }

  private FrozenLayers exact() {
    if (exact == null) {
      exact = layers.withPlan(Plan.exact(layers.device()));
    }
    return exact;
  }

  private float[] reference() {
    if (reference == null) {
      reference = features(exact(), sample);
    }
    return reference;
  }

  private float[] features(FrozenLayers tried, SampleImages images) {
    int bytes = tried.input().bytes();
    int width = Math.toIntExact(tried.network().outputShape().size());
    float[] features = new float[Math.multiplyExact(images.rows(), width)];
    int most = tried.plan().microBatch();
    for (int from = 0; from < images.rows(); from += most) {
      int size = Math.min(most, images.rows() - from);
      float[] some = forward(tried, images.pixels().slice(from * bytes, size * bytes), size);
      System.arraycopy(some, 0, features, from * width, some.length);
    }
    return features;
  }

  private float[] forward(FrozenLayers tried, ByteBuffer pixels, int rows) {
    throwIfStopped();
    try (NDManager scratch = tried.manager().newSubManager()) {
      FloatBuffer values =
          tried
              .features(scratch, pixels, rows, TensorType.F32)
              .values()
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      float[] array = new float[values.remaining()];
      values.get(array);
      return array;
    }
  }

  private void throwIfStopped() {
    StoppedException.throwIfRequested(listener, "the precision of the frozen layers was chosen");
  }

  @Override
  public void close() {
    if (exact != null) {
      exact.close();
    }
  }
}
