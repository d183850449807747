package io.graft.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Runs of frozen layers over one sample of images under several plans, beside fp32. */
final class PlanTrials {

  private final FrozenPrefix prefix;
  private final ByteBuffer sample;
  private final int rows;
  private final Trial reference;
  private final List<Float> scales;

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
      this.reference = run(fp32, exact.microBatch());
      this.scales =
          prefix.device().isGpu() ? List.of() : fp32.activationScales(sample.duplicate(), rows);
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

  /** The speed of fp32. */
  PlanTiming referenceTiming() {
    return timing(Plan.exact(prefix.device()), reference);
  }

  /** Scales of int8 that suit this sample; empty on a GPU. */
  List<Float> scales() {
    return scales;
  }

  /**
   * Measures a plan's speed with several micro-batches and gives the fastest.
   *
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  PlanTiming time(Plan plan, List<Integer> microBatches) {
    try (FrozenPrefix tried = prefix.withPlan(plan)) {
      List<PlanTiming> timings = new ArrayList<>();
      for (int microBatch : microBatches) {
        Plan sized = new Plan(plan.precision(), microBatch, plan.threads(), plan.scales());
        timings.add(timing(sized, run(tried, microBatch)));
      }
      return new PlanTimings("", timings).timings().get(0);
    }
  }

  /**
   * How the features of a plan agree with those of fp32.
   *
   * @throws io.graft.runtime.GraftException if this device or libtorch cannot
   */
  Agreement agreement(Plan plan) {
    try (FrozenPrefix tried = prefix.withPlan(plan)) {
      return Agreement.of(reference.features, run(tried, plan.microBatch()).features, rows);
    }
  }

  private static PlanTiming timing(Plan plan, Trial trial) {
    return new PlanTiming(
        plan.precision(), plan.microBatch(), plan.threads(), trial.imagesPerSecond);
  }

  /** The first forward pass loads and warms up; it is not counted. */
  private Trial run(FrozenPrefix tried, int microBatch) {
    int size = Math.min(microBatch, rows);
    int width = Math.toIntExact(tried.network().outputShape().size());
    float[] features = new float[rows * width];
    forward(tried, 0, size);
    long start = System.nanoTime();
    for (int from = 0; from < rows; from += size) {
      float[] some = forward(tried, from, Math.min(rows, from + size));
      System.arraycopy(some, 0, features, from * width, some.length);
    }
    return new Trial(features, rows / ((System.nanoTime() - start) / 1e9));
  }

  private float[] forward(FrozenPrefix tried, int from, int to) {
    int bytes = tried.input().bytes();
    ByteBuffer pixels = sample.slice(from * bytes, (to - from) * bytes);
    try (NDManager scratch = tried.manager().newSubManager();
        NDArray activations = tried.forward(scratch, pixels, to - from)) {
      return activations.toFloatArray();
    }
  }
}
