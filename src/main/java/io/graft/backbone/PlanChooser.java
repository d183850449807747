package io.graft.backbone;

import io.graft.image.Decode;
import io.graft.nn.NamedLayer;
import io.graft.nn.Precision;
import io.graft.runtime.DeviceException;
import io.graft.runtime.Devices;
import io.graft.runtime.Folders;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Chooses the plan of frozen layers: the fastest precision whose features agree with those of fp32
 * on a sample of the user's images. The choice depends only on the layers, the machine and the
 * sample. Cached measurements save time and do not change the choice.
 */
public final class PlanChooser {

  /** The number of sample images: enough to show a disagreement within about a second. */
  public static final int SAMPLE_SIZE = 8;

  private final PlanCache cache;
  private final Instruments instruments;
  private final Progress listener;

  /**
   * A plan and how closely it agrees with fp32.
   *
   * @param agreement how closely the plan's features agree with those of fp32 on the sample; empty
   *     for fp32
   */
  public record Choice(Plan plan, Optional<Agreement> agreement) {}

  /**
   * Returns a chooser that caches its measurements. Speeds are in Graft's cache folder, because
   * they belong to the machine. Scales are beside the features that were computed with them.
   *
   * @param scales the folder for scales, which need not exist; empty for Graft's cache folder
   */
  public static PlanChooser of(Optional<Path> scales, Progress listener) {
    Path speeds = Folders.cache().resolve("plans");
    return new PlanChooser(speeds, scales.orElse(speeds), Instruments.HERE, listener);
  }

  /** Prepares a chooser with folders for speeds and scales, which need not exist. */
  PlanChooser(Path speeds, Path scales, Instruments instruments, Progress listener) {
    this.cache = new PlanCache(speeds, scales, listener);
    this.instruments = instruments;
    this.listener = listener;
  }

  /** Returns every cached measurement of speed. */
  public List<PlanTimings> measured() {
    return cache.allTimings();
  }

  /**
   * Chooses a plan. Measures the speeds and agreements that are not in the cache.
   *
   * @param asked the precision to use even if its features disagree with fp32; empty for the best
   * @param images the supplier of the sample; not called if {@code asked} is fp32
   * @throws InvalidOptionException if the device does not offer the precision
   * @throws UnsupportedPrecisionException if the device offers the precision but cannot compute it
   * @throws io.graft.runtime.StoppedException if the listener requests a stop
   */
  public Choice choose(
      FrozenLayers layers, Optional<Precision> asked, Supplier<SampleImages> images) {
    Plan.requireOffered(layers.device(), asked);
    if (asked.equals(Optional.of(Precision.FP32))) {
      return exact(layers);
    }
    SampleImages sample = images.get();
    if (sample.rows() == 0) {
      // There is nothing to compute; extraction reports the reason.
      return exact(layers);
    }
    try (PlanTrials trials = new PlanTrials(layers, sample, instruments, listener)) {
      GraftException failure = null;
      for (Precision precision :
          asked.map(List::of).orElseGet(() -> timings(layers, trials).fastestFirst())) {
        if (precision == Precision.FP32) {
          return exact(layers);
        }
        try {
          Plan plan = plan(layers, precision, trials);
          Agreement agreement = agreement(layers, plan, Decode.EXACT, sample, trials);
          if (asked.isPresent() || agreement.isClose()) {
            return new Choice(withThreads(layers, plan, trials), Optional.of(agreement));
          }
          listener.note(
              ("%s is not used, because its features %s. Expected at least %s on average and %s"
                      + " for every image.")
                  .formatted(
                      precision.word(),
                      agreement.describe(),
                      Agreement.LEAST_MEAN,
                      Agreement.LEAST_SMALLEST));
        } catch (DeviceException e) {
          failure = e;
          leftOut(precision, e.getMessage());
        }
      }
      throw new UnsupportedPrecisionException(
          "%s cannot be computed on %s with %s. Leave the precision out, or choose fp32."
              .formatted(
                  asked.map(Precision::word).orElse("No precision"),
                  Devices.describe(layers.device()),
                  TorchRuntime.describe()),
          failure,
          "precision");
    }
  }

  private void leftOut(Precision precision, String why) {
    listener.detail(precision.word() + " is left out: " + why);
  }

  /**
   * Returns how closely a plan agrees with fp32 if it gets images that are decoded fast and fp32
   * gets them decoded exactly.
   *
   * @param exact the sample, decoded exactly
   * @param fast the same images, decoded fast
   */
  public Agreement ofFastDecoding(
      FrozenLayers layers, Plan plan, SampleImages exact, SampleImages fast) {
    try (PlanTrials trials = new PlanTrials(layers, exact, instruments, listener)) {
      return agreement(layers, plan, Decode.FAST, fast, trials);
    }
  }

  private Agreement agreement(
      FrozenLayers layers, Plan plan, Decode decode, SampleImages sample, PlanTrials trials) {
    String about =
        plan.canonical()
            + (decode == Decode.EXACT ? "" : " decoded " + decode.word())
            + (" of " + weights(layers))
            + (" as " + machine(layers))
            + (" for " + sample.digest());
    Optional<Agreement> kept = cache.agreement(about);
    if (kept.isPresent()) {
      return kept.get();
    }
    String what =
        plan.precision().word()
            + (decode == Decode.EXACT ? "" : ", decoded " + decode.word() + ",");
    listener.doing("comparing features of " + what + " with those of fp32");
    Agreement agreement = trials.agreement(plan, sample);
    cache.keepAgreement(about, agreement);
    listener.detail("The features of " + what + " " + agreement.describe() + ".");
    return agreement;
  }

  private List<Float> scales(FrozenLayers layers, Precision precision, PlanTrials trials) {
    if (precision != Precision.INT8) {
      return List.of();
    }
    String about = weights(layers);
    Optional<PlanCache.Calibration> kept = cache.calibration(about);
    String rule = ActivationScales.rule();
    if (kept.isPresent() && rule.equals(kept.get().rule())) {
      return kept.get().scales();
    }
    listener.doing("calibrating int8");
    List<Float> scales = trials.scales();
    if (kept.isPresent()) {
      listener.note(
          "The cached int8 scales of these layers were computed by another rule. They are replaced,"
              + " and cached int8 features are computed again.");
    }
    cache.keepCalibration(about, new PlanCache.Calibration(rule, scales));
    return scales;
  }

  private Plan plan(FrozenLayers layers, Precision precision, PlanTrials trials) {
    return Plan.of(precision, scales(layers, precision, trials), layers.device());
  }

  /** Returns the plan with the number of threads that computes it fastest on this machine. */
  private Plan withThreads(FrozenLayers layers, Plan plan, PlanTrials trials) {
    List<Integer> counts = instruments.threadCounts();
    if (layers.device().isGpu() || counts.equals(List.of(plan.threads()))) {
      return plan;
    }
    String about = plan.precision().word() + " of " + machine(layers) + ", one of " + counts;
    OptionalInt kept = cache.threads(about);
    if (kept.isPresent()) {
      return plan.withThreads(kept.getAsInt());
    }
    listener.doing("measuring how many threads are fastest");
    int fastest = trials.fastestThreads(plan, counts);
    listener.detail("%s threads of %s are fastest.".formatted(fastest, counts));
    cache.keepThreads(about, fastest);
    return plan.withThreads(fastest);
  }

  /** Returns the speeds of the precisions that this machine can compute. */
  private PlanTimings timings(FrozenLayers layers, PlanTrials trials) {
    Optional<PlanTimings> kept = cache.timings(machine(layers));
    if (kept.isPresent()) {
      return kept.get();
    }
    listener.doing("measuring the speed of " + Precision.FP32.word());
    boolean complete = trials.isFinite();
    double best = trials.exactSpeed();
    List<PlanTimings.Timing> measured = new ArrayList<>();
    measured.add(told(new PlanTimings.Timing(Precision.FP32, best)));
    for (Precision precision : Plan.precisions(layers.device())) {
      if (precision == Precision.FP32) {
        continue;
      }
      Optional<String> unfit = instruments.unfit(precision, layers.manager());
      if (unfit.isPresent()) {
        leftOut(precision, unfit.get());
        continue;
      }
      try {
        Plan plan = plan(layers, precision, trials);
        listener.doing("measuring the speed of " + precision.word());
        double speed = trials.imagesPerSecond(plan, best);
        measured.add(told(new PlanTimings.Timing(precision, speed)));
        best = Math.max(best, speed);
      } catch (UnsupportedPrecisionException e) {
        leftOut(precision, e.getMessage());
      } catch (DeviceException e) {
        leftOut(precision, e.getMessage());
        complete = false;
      }
    }
    int threads = layers.device().isGpu() ? 0 : layers.plan().threads();
    PlanTimings timings = new PlanTimings(machine(layers), threads, measured);
    if (complete) {
      // Incomplete timings are not cached: damaged weights or a failing device left out precisions
      // that would normally work.
      cache.keep(timings);
    }
    return timings;
  }

  private PlanTimings.Timing told(PlanTimings.Timing timing) {
    listener.detail("Measured " + timing + ".");
    return timing;
  }

  private static Choice exact(FrozenLayers layers) {
    return new Choice(Plan.exact(layers.device()), Optional.empty());
  }

  /** Returns the cache key of speeds, which names everything that they depend on. */
  private static String machine(FrozenLayers layers) {
    return String.format(
        Locale.ROOT,
        "%s to %s, %d x %d, on %s, %s",
        layers.network().name(),
        lastLayer(layers),
        layers.input().width(),
        layers.input().height(),
        Devices.describe(layers.device()),
        TorchRuntime.describe());
  }

  /** Returns the cache key of scales, which is also part of the key of an agreement. */
  private static String weights(FrozenLayers layers) {
    String device = layers.device().isGpu() ? "GPU" : "CPU";
    return "%s to %s, %s, %s"
        .formatted(layers.weightDigest(), lastLayer(layers), layers.input().canonical(), device);
  }

  private static String lastLayer(FrozenLayers layers) {
    List<NamedLayer> all = layers.network().layers();
    return all.get(all.size() - 1).name();
  }
}
