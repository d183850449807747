package io.graft.backbone;

import io.graft.nn.NamedLayer;
import io.graft.nn.Precision;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.DeviceException;
import io.graft.runtime.Devices;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Processor;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.UnsupportedPrecisionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Chooses how frozen layers are computed: the fastest way whose features agree with those of fp32
 * on a sample of the user's images. The choice depends on the layers, the machine and the sample
 * alone: what is kept of earlier choices saves time and changes nothing.
 */
public final class PlanChooser {

  /** Images in a sample: enough to see a disagreement, few enough to take about a second. */
  public static final int SAMPLE_SIZE = 8;

  private final PlanCache cache;
  private final Progress listener;

  /**
   * A plan and how good it is.
   *
   * @param agreement of its features with fp32's on the sample; empty for fp32
   */
  public record Choice(Plan plan, Optional<Agreement> agreement) {}

  /** A chooser that keeps its measurements in Graft's cache folder. */
  public static PlanChooser standard(Progress listener) {
    return new PlanChooser(standardFolder(), standardFolder(), listener);
  }

  /**
   * A chooser that keeps speeds in Graft's cache folder, because they belong to the machine, and
   * scales elsewhere, because features belong to them.
   *
   * @param scales the folder beside the features, which need not exist
   */
  public static PlanChooser withScalesIn(Path scales, Progress listener) {
    return new PlanChooser(standardFolder(), scales, listener);
  }

  /** A chooser that keeps speeds and scales in those folders, which need not exist. */
  PlanChooser(Path speeds, Path scales, Progress listener) {
    this.cache = new PlanCache(speeds, scales, listener);
    this.listener = listener;
  }

  private static Path standardFolder() {
    return CacheFolder.path().resolve("plans");
  }

  /** Every speed that was measured, for people. */
  public List<PlanTimings> measured() {
    return cache.allTimings();
  }

  /**
   * Measures what is not known and chooses.
   *
   * @param asked the precision to use whatever its features are like; empty for the best
   * @param images gives the sample; not asked where fp32 is
   * @throws InvalidOptionException if the device has no such precision
   * @throws UnsupportedPrecisionException if it should have, but cannot compute it
   * @throws io.graft.runtime.StoppedException if the listener asks for it
   */
  public Choice choose(
      FrozenLayers prefix, Optional<Precision> asked, Supplier<SampleImages> images) {
    OfferedPrecisions.require(prefix.device(), asked);
    if (asked.equals(Optional.of(Precision.FP32))) {
      return exact(prefix);
    }
    SampleImages sample = images.get();
    if (sample.rows() == 0) {
      // Extraction computes nothing and says why.
      return exact(prefix);
    }
    try (PlanTrials trials = new PlanTrials(prefix, sample, listener)) {
      PlanTimings timings = timings(prefix, trials);
      GraftException failure = null;
      for (Precision precision : asked.map(List::of).orElseGet(timings::fastestFirst)) {
        if (precision == Precision.FP32) {
          return exact(prefix);
        }
        try {
          Plan offered = Plan.of(precision, scales(prefix, precision, trials), prefix.device());
          Plan plan = timings.threads() == 0 ? offered : offered.withThreads(timings.threads());
          Agreement agreement = agreement(prefix, plan, sample, trials);
          if (asked.isPresent() || agreement.isClose()) {
            return new Choice(plan, Optional.of(agreement));
          }
          listener.note(
              precision.word()
                  + " is not used, because its features "
                  + agreement.describe()
                  + "; expected a mean of at least "
                  + Agreement.LEAST_MEAN
                  + " and "
                  + Agreement.LEAST_SMALLEST
                  + " for every image.");
        } catch (UnsupportedPrecisionException | DeviceException e) {
          failure = e;
          leftOut(precision, e);
        }
      }
      throw new UnsupportedPrecisionException(
          asked.map(Precision::word).orElse("No precision")
              + " cannot be computed on "
              + Devices.describe(prefix.device())
              + " with "
              + TorchRuntime.describe()
              + ". Leave the precision out, or choose fp32.",
          failure,
          "precision");
    }
  }

  private void leftOut(Precision precision, GraftException why) {
    listener.detail(precision.word() + " is left out: " + why.getMessage());
  }

  private Agreement agreement(
      FrozenLayers prefix, Plan plan, SampleImages sample, PlanTrials trials) {
    String about =
        plan.arithmetic()
            + (" of " + weights(prefix))
            + (" as " + machine(prefix))
            + (" for " + sample.digest());
    Optional<Agreement> kept = cache.agreement(about);
    if (kept.isPresent()) {
      return kept.get();
    }
    Agreement agreement = trials.agreement(plan);
    cache.keepAgreement(about, agreement);
    listener.detail(
        "The features of " + plan.precision().word() + " " + agreement.describe() + ".");
    return agreement;
  }

  private List<Float> scales(FrozenLayers prefix, Precision precision, PlanTrials trials) {
    if (precision != Precision.INT8) {
      return List.of();
    }
    String about = weights(prefix);
    Optional<PlanCache.Calibration> kept = cache.calibration(about);
    String rule = ActivationScales.rule();
    if (kept.isPresent() && rule.equals(kept.get().rule())) {
      return kept.get().scales();
    }
    List<Float> scales = trials.scales();
    if (kept.isPresent()) {
      listener.note(
          "An earlier Graft took int8's scales for these layers from the first images that it saw:"
              + " features that are kept of that are computed once more.");
    }
    cache.keepCalibration(about, new PlanCache.Calibration(rule, scales));
    return scales;
  }

  /** The speeds of what can be computed here. */
  private PlanTimings timings(FrozenLayers prefix, PlanTrials trials) {
    Optional<PlanTimings> kept = cache.timings(machine(prefix));
    if (kept.isPresent()) {
      return kept.get();
    }
    List<PlanTimings.Timing> measured = new ArrayList<>();
    boolean complete = trials.isFinite();
    for (Precision precision : OfferedPrecisions.of(prefix.device())) {
      try {
        List<Float> scales = scales(prefix, precision, trials);
        PlanTimings.Timing timing =
            new PlanTimings.Timing(precision, trials.imagesPerSecond(precision, scales));
        listener.detail("Measured " + timing + ".");
        measured.add(timing);
      } catch (UnsupportedPrecisionException e) {
        leftOut(precision, e);
      } catch (DeviceException e) {
        leftOut(precision, e);
        complete = false;
      }
    }
    PlanTimings timings = new PlanTimings(machine(prefix), 0, measured);
    Precision first = timings.fastestFirst().get(0);
    Plan plan = Plan.of(first, scales(prefix, first, trials), prefix.device());
    timings = timings.withThreads(trials.fastestThreads(plan, Processor.threadCounts()));
    if (complete) {
      // What damaged weights or a device in trouble leave out, others of the same network have.
      cache.keep(timings);
    }
    return timings;
  }

  private static Choice exact(FrozenLayers prefix) {
    return new Choice(Plan.exact(prefix.device()), Optional.empty());
  }

  /** What speed depends on. */
  private static String machine(FrozenLayers prefix) {
    return String.format(
        Locale.ROOT,
        "%s to %s, %d x %d, on %s, %s",
        prefix.network().name(),
        lastLayer(prefix),
        prefix.input().width(),
        prefix.input().height(),
        Devices.describe(prefix.device()),
        TorchRuntime.describe());
  }

  /** What the scales and the agreement depend on, besides the images. */
  private static String weights(FrozenLayers prefix) {
    return prefix.weightDigest()
        + " to "
        + lastLayer(prefix)
        + ", "
        + prefix.input().canonical()
        + (prefix.device().isGpu() ? ", GPU" : ", CPU");
  }

  private static String lastLayer(FrozenLayers prefix) {
    List<NamedLayer> layers = prefix.network().layers();
    return layers.get(layers.size() - 1).name();
  }
}
