package io.graft.backbone;

import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures how fast frozen layers are in each precision, and how closely they agree with fp32. Both
 * come from the same passes over the sample. The fp32 layers are loaded when they are needed.
 */
final class PlanTrials implements AutoCloseable {

  /** A few images per pass give several times. More images per pass are hardly faster. */
  private static final int ROWS_ON_CPU = 2;

  /** Another number of threads must be this many times as fast as a smaller number. */
  private static final double FASTER_THREADS = 1.05;

  private final FrozenLayers layers;
  private final SampleImages sample;
  private final Instruments instruments;
  private final Progress listener;
  private final boolean gpu;
  private final Map<Plan, Agreement> agreements = new HashMap<>();

  /** The layers in fp32; null until needed. */
  private FrozenLayers exact;

  /** The fp32 features of the sample; null until needed. */
  private float[] reference;

  /** Timed the passes of the reference; null until needed. */
  private PassTimer exactTimer;

  /** The scales of int8; null until needed. */
  private List<Float> scales;

  /**
   * Prepares measurements on the layers' first device.
   *
   * @param listener the listener, which may request a stop before every forward pass
   */
  PlanTrials(FrozenLayers layers, SampleImages sample, Instruments instruments, Progress listener) {
    this.layers = layers;
    this.sample = sample;
    this.instruments = instruments;
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

  /** Returns the speed of fp32, in images per second. */
  double exactSpeed() {
    reference();
    timeMore(exact, exactTimer, 0);
    return exactTimer.imagesPerSecond();
  }

  /**
   * Measures the speed of a plan, in images per second.
   *
   * @param best the best speed of the plans that were measured before. The measurement ends early
   *     if this one is clearly slower.
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot compute the plan
   */
  double imagesPerSecond(Plan plan, double best) {
    float[] expected = reference();
    try (FrozenLayers tried = layers.withPlan(plan)) {
      PassTimer timer = timer();
      float[] features = features(tried, sample, timer, best);
      timeMore(tried, timer, best);
      if (!timer.isClearlyBelow(best)) {
        agreements.put(plan, Agreement.of(expected, features, sample.rows()));
      }
      return timer.imagesPerSecond();
    }
  }

  /**
   * Returns the fastest number of threads. A larger number must be clearly faster.
   *
   * @param counts the numbers to try, in ascending order
   */
  int fastestThreads(Plan plan, List<Integer> counts) {
    int best = counts.get(0);
    double highest = 0;
    for (int count : counts) {
      try (FrozenLayers tried = layers.withPlan(plan.withThreads(count))) {
        PassTimer timer = new PassTimer(PassTimer.Rule.CPU, instruments.wallClock());
        features(tried, sample, timer, 0);
        if (timer.imagesPerSecond() > FASTER_THREADS * highest) {
          highest = timer.imagesPerSecond();
          best = count;
        }
      }
    }
    return best;
  }

  /**
   * Compares the features of a plan with those of fp32.
   *
   * @param images the sample, decoded exactly or fast; fp32 always gets it decoded exactly
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot compute the plan
   */
  Agreement agreement(Plan plan, SampleImages images) {
    Agreement known = agreements.get(plan);
    if (known != null && images.equals(sample)) {
      return known;
    }
    float[] expected = reference();
    try (FrozenLayers tried = layers.withPlan(plan)) {
      return Agreement.of(expected, features(tried, images, timer(), 0), sample.rows());
    }
  }

  private PassTimer timer() {
    return new PassTimer(
        gpu ? PassTimer.Rule.GPU : PassTimer.Rule.CPU, instruments.clock(layers.device()));
  }

  private FrozenLayers exact() {
    if (exact == null) {
      exact = layers.withPlan(Plan.exact(layers.device()));
      exact.loadForTrial();
    }
    return exact;
  }

  private float[] reference() {
    if (reference == null) {
      exactTimer = timer();
      reference = features(exact(), sample, exactTimer, 0);
    }
    return reference;
  }

  /** Computes images until enough passes are timed, after the passes over the sample. */
  private void timeMore(FrozenLayers tried, PassTimer timer, double best) {
    // A GPU needs whole batches to be busy. A CPU does not.
    int rows = gpu ? tried.plan().microBatch() : Math.min(ROWS_ON_CPU, sample.rows());
    ByteBuffer pixels = repeated(rows);
    while (!timer.isEnough() && !timer.isClearlyBelow(best)) {
      throwIfStopped();
      timer.time(rows, () -> tried.run(pixels, rows, TensorType.F16, (first, count, some) -> {}));
    }
  }

  /** Computes the features of images, or of the first of them if the timer says so. */
  private float[] features(FrozenLayers tried, SampleImages images, PassTimer timer, double best) {
    tried.loadForTrial();
    int bytes = tried.input().bytes();
    int width = Math.toIntExact(tried.network().outputShape().size());
    float[] features = new float[Math.multiplyExact(images.rows(), width)];
    int most = gpu ? images.rows() : ROWS_ON_CPU;
    for (int from = 0; from < images.rows() && !timer.isClearlyBelow(best); from += most) {
      throwIfStopped();
      int size = Math.min(most, images.rows() - from);
      int at = from * width;
      ByteBuffer pixels = images.pixels().slice(from * bytes, size * bytes);
      timer.time(size, () -> forward(tried, pixels, size, features, at));
    }
    return features;
  }

  private static void forward(FrozenLayers tried, ByteBuffer pixels, int rows, float[] to, int at) {
    tried.run(
        pixels,
        rows,
        TensorType.F32,
        (first, count, some) -> {
          FloatBuffer values = some.values().order(ByteOrder.nativeOrder()).asFloatBuffer();
          int width = values.remaining() / count;
          values.get(to, at + first * width, values.remaining());
        });
  }

  /** Returns the pixels of some images: those of the sample, repeated if it has fewer. */
  private ByteBuffer repeated(int rows) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(rows * layers.input().bytes());
    while (pixels.hasRemaining()) {
      pixels.put(sample.pixels().slice(0, Math.min(pixels.remaining(), sample.pixels().limit())));
    }
    return pixels.flip();
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
