package io.graft.backbone;

import ai.djl.ndarray.NDManager;
import io.graft.runtime.DeviceException;
import io.graft.runtime.UnsupportedPrecisionException;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Runs of frozen layers over one sample of images under several plans, beside fp32. */
final class PlanTrials {

  private final FrozenPrefix prefix;
  private final ByteBuffer sample;
  private final int rows;
  private final Trial reference;

  /** Of int8; null where these layers have none, for {@code whyNoScales}. */
  private List<Float> scales;

  private UnsupportedPrecisionException whyNoScales;

  /**
   * Runs fp32 over the sample.
   *
   * @param sample uint8 RGB in NHWC order, pictures of the input spec's size, direct
   * @param rows pictures in the sample, at least 1
   */
  PlanTrials(FrozenPrefix prefix, ByteBuffer sample, int rows) {
    this.prefix = prefix;
    this.sample = sample;
    this.rows = rows;
    Plan exact = Plan.exact(prefix.device());
    try (FrozenPrefix fp32 = prefix.withPlan(exact)) {
      this.reference = run(fp32);
      calibrate(fp32);
    }
  }

  /** One run over the sample. */
  private static final class Trial {
    private final float[] features;
    private final double imagesPerSecond;

    Trial(float[] features, double imagesPerSecond) {
      this.features = features;
      this.imagesPerSecond = imagesPerSecond;
    }
  }

  private void calibrate(FrozenPrefix fp32) {
    try {
      scales = fp32.activationScales(sample.duplicate(), rows);
    } catch (UnsupportedPrecisionException e) {
      whyNoScales = e;
    }
  }

  /** The speed of fp32. */
  PlanTiming referenceTiming() {
    return timing(Plan.exact(prefix.device()), reference.imagesPerSecond);
  }

  /** Whether fp32 gave finite numbers, as all weights do that are not damaged. */
  boolean isFinite() {
    for (float value : reference.features) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Scales of int8 that suit this sample.
   *
   * @throws UnsupportedPrecisionException if these layers cannot be computed in int8 here
   */
  List<Float> scales() {
    if (scales == null) {
      throw whyNoScales;
    }
    return scales;
  }

  /**
   * Measures a precision's speed with several micro-batches, and the fastest of them with several
   * numbers of threads.
   *
   * @param microBatches in rising order; those behind one that does not fit the memory are left out
   * @param threads besides the plan's own
   * @return every measurement, the fastest first
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  List<PlanTiming> time(Plan plan, List<Integer> microBatches, List<Integer> threads) {
    List<PlanTiming> timings = new ArrayList<>();
    try (FrozenPrefix tried = prefix.withPlan(plan)) {
      for (int microBatch : microBatches) {
        try {
          timings.add(timing(sized(plan, microBatch, plan.threads()), speed(tried, microBatch)));
        } catch (DeviceException e) {
          if (timings.isEmpty()) {
            throw e;
          }
          break;
        }
      }
    }
    int best = sorted(timings).get(0).microBatch();
    for (int count : threads) {
      if (count != plan.threads()) {
        Plan threaded = sized(plan, best, count);
        try (FrozenPrefix tried = prefix.withPlan(threaded)) {
          timings.add(timing(threaded, speed(tried, best)));
        }
      }
    }
    return sorted(timings);
  }

  /**
   * How the features of a plan agree with those of fp32.
   *
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  Agreement agreement(Plan plan) {
    try (FrozenPrefix tried = prefix.withPlan(plan)) {
      return Agreement.of(reference.features, run(tried).features, rows);
    }
  }

  private static List<PlanTiming> sorted(List<PlanTiming> timings) {
    return new PlanTimings("", timings).timings();
  }

  private static Plan sized(Plan plan, int microBatch, int threads) {
    return new Plan(plan.precision(), microBatch, threads, plan.scales());
  }

  private static PlanTiming timing(Plan plan, double imagesPerSecond) {
    return new PlanTiming(plan.precision(), plan.microBatch(), plan.threads(), imagesPerSecond);
  }

  /** The first forward pass loads and warms up; it is not counted. */
  private Trial run(FrozenPrefix tried) {
    int size = Math.min(tried.plan().microBatch(), rows);
    int width = Math.toIntExact(tried.network().outputShape().size());
    float[] features = new float[rows * width];
    forward(tried, sample, 0, size);
    long start = System.nanoTime();
    for (int from = 0; from < rows; from += size) {
      float[] some = forward(tried, sample, from, Math.min(rows, from + size));
      System.arraycopy(some, 0, features, from * width, some.length);
    }
    return new Trial(features, rows / ((System.nanoTime() - start) / 1e9));
  }

  /** Images per second with that many at a time, of the sample or of several like it. */
  private double speed(FrozenPrefix tried, int microBatch) {
    int count = (Math.max(rows, microBatch) + microBatch - 1) / microBatch * microBatch;
    ByteBuffer pictures = sample;
    if (count > rows) {
      pictures = ByteBuffer.allocateDirect(count * tried.input().bytes());
      while (pictures.hasRemaining()) {
        int bytes = Math.min(pictures.remaining(), sample.remaining());
        pictures.put(sample.slice(sample.position(), bytes));
      }
      pictures.flip();
    }
    forward(tried, pictures, 0, microBatch);
    long start = System.nanoTime();
    for (int from = 0; from < count; from += microBatch) {
      forward(tried, pictures, from, from + microBatch);
    }
    return count / ((System.nanoTime() - start) / 1e9);
  }

  private static float[] forward(FrozenPrefix tried, ByteBuffer pictures, int from, int to) {
    int bytes = tried.input().bytes();
    ByteBuffer pixels = pictures.slice(from * bytes, (to - from) * bytes);
    try (NDManager scratch = tried.manager().newSubManager()) {
      FloatBuffer values =
          tried
              .activations(scratch, pixels, to - from, TensorType.F32)
              .values()
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      float[] array = new float[values.remaining()];
      values.get(array);
      return array;
    }
  }
}
