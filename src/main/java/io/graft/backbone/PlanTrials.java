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
 * Runs of frozen layers that tell how fast each precision is, and how close to fp32. What runs are
 * for is loaded when the first of them needs it.
 */
final class PlanTrials implements AutoCloseable {

  /** Forward passes of which the fastest counts, after one that loads and warms up. */
  private static final int TIMED_ON_CPU = 3;

  /** A GPU needs many until its clock is at its highest. */
  private static final int TIMED_ON_GPU = 20;

  private final FrozenLayers prefix;
  private final SampleImages sample;
  private final Progress listener;
  private final boolean gpu;

  /** In fp32; null until it is needed. */
  private FrozenLayers exact;

  /** What fp32 gives for the sample; null until it is needed. */
  private float[] reference;

  /** Of int8; null until they are needed. */
  private List<Float> scales;

  /**
   * Trials of the layers of {@code prefix}, on its first device.
   *
   * @param listener asked before every forward pass whether to stop
   */
  PlanTrials(FrozenLayers prefix, SampleImages sample, Progress listener) {
    this.prefix = prefix;
    this.sample = sample;
    this.listener = listener;
    this.gpu = prefix.device().isGpu();
  }

  /**
   * Computes the scales of int8.
   *
   * @throws io.graft.runtime.UnsupportedPrecisionException if these layers cannot be computed in
   *     int8 here
   */
  List<Float> scales() {
    if (scales == null) {
      scales = ActivationScales.of(exact(), this::requireGoingOn);
    }
    return scales;
  }

  /** Whether fp32 gives finite numbers, as all weights do that are not damaged. */
  boolean isFinite() {
    for (float value : reference()) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Measures the speed of a precision. On a processor it is that of one thread, by the time that it
   * computes: other programs, which make the wall's clock tell anything from one to ten times as
   * much, hardly change that.
   *
   * @param scales of int8; empty for another precision
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  double imagesPerSecond(Precision precision, List<Float> scales) {
    Plan whole = Plan.of(precision, scales, prefix.device());
    // Another program may leave a GPU too little memory for all; extraction copes with that.
    Plan plan = new Plan(precision, gpu ? whole.microBatch() / 2 : 1, 1, scales);
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    boolean ofThread = !gpu && clock.isCurrentThreadCpuTimeSupported();
    long time = fastest(plan, ofThread ? clock::getCurrentThreadCpuTime : System::nanoTime);
    return plan.microBatch() / (time / 1e9);
  }

  /**
   * Finds how many threads are the fastest together; 0 on a GPU.
   *
   * @param counts to try, unless the only one is the plan's own
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

  /** The nanoseconds of the fastest of several forward passes. */
  private long fastest(Plan plan, LongSupplier clock) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(plan.microBatch() * prefix.input().bytes());
    while (pixels.hasRemaining()) {
      pixels.put(sample.pixels().slice(0, Math.min(pixels.remaining(), sample.pixels().limit())));
    }
    pixels.flip();
    long fastest = Long.MAX_VALUE;
    try (FrozenLayers tried = prefix.withPlan(plan)) {
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
   * How the features of a plan agree with those of fp32.
   *
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  Agreement agreement(Plan plan) {
    try (FrozenLayers tried = prefix.withPlan(plan)) {
      return Agreement.of(reference(), features(tried), sample.rows());
    }
  }

  private FrozenLayers exact() {
    if (exact == null) {
      exact = prefix.withPlan(Plan.exact(prefix.device()));
    }
    return exact;
  }

  private float[] reference() {
    if (reference == null) {
      reference = features(exact());
    }
    return reference;
  }

  private float[] features(FrozenLayers tried) {
    int bytes = tried.input().bytes();
    int width = Math.toIntExact(tried.network().outputShape().size());
    float[] features = new float[Math.multiplyExact(sample.rows(), width)];
    int most = tried.plan().microBatch();
    for (int from = 0; from < sample.rows(); from += most) {
      int size = Math.min(most, sample.rows() - from);
      float[] some = forward(tried, sample.pixels().slice(from * bytes, size * bytes), size);
      System.arraycopy(some, 0, features, from * width, some.length);
    }
    return features;
  }

  private float[] forward(FrozenLayers tried, ByteBuffer pixels, int rows) {
    requireGoingOn();
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

  private void requireGoingOn() {
    StoppedException.throwIfRequested(listener, "a precision for the frozen layers was chosen");
  }

  @Override
  public void close() {
    if (exact != null) {
      exact.close();
    }
  }
}
