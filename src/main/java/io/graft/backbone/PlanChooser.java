package io.graft.backbone;

import io.graft.nn.NamedLayer;
import io.graft.nn.Precision;
import io.graft.runtime.CacheFolder;
import io.graft.runtime.DeviceException;
import io.graft.runtime.Devices;
import io.graft.runtime.GraftException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Processor;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.UnsupportedPrecisionException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses how frozen layers are computed: the fastest way whose features agree with those of fp32
 * on a sample of the user's images. Speeds are measured once per machine, libtorch and network,
 * scales of int8 once per weights and preprocessing; both are kept.
 */
public final class PlanChooser {

  /** Images in a sample: enough to see a disagreement, few enough to take about a second. */
  public static final int SAMPLE_SIZE = 8;

  private static final List<Integer> MICRO_BATCHES_ON_CPU = List.of(4, 8);
  private static final List<Integer> MICRO_BATCHES_ON_GPU = List.of(64, 128);

  private final PlanCache cache;
  private final PlanListener listener;

  /**
   * A plan and how good it is.
   *
   * @param agreement of its features with fp32's on the last sample that was looked at; empty for
   *     fp32
   */
  public record Choice(Plan plan, Optional<Agreement> agreement) {}

  /** A chooser that keeps its measurements in Graft's cache folder. */
  public static PlanChooser standard(PlanListener listener) {
    return new PlanChooser(standardFolder(), standardFolder(), listener);
  }

  /**
   * A chooser that keeps speeds in Graft's cache folder, because they belong to the machine, and
   * scales elsewhere, because features belong to them.
   *
   * @param scales the folder beside the features, which need not exist
   */
  public static PlanChooser withScalesIn(Path scales, PlanListener listener) {
    return new PlanChooser(standardFolder(), scales, listener);
  }

  /** A chooser that keeps speeds and scales in those folders, which need not exist. */
  PlanChooser(Path speeds, Path scales, PlanListener listener) {
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
   * The choice that was made before on this machine for these weights and this preprocessing, found
   * without computing anything.
   *
   * @param asked the precision to use whatever its features are like; empty for the best
   * @throws InvalidOptionException if the device has no such precision
   */
  public Optional<Choice> kept(FrozenPrefix prefix, Optional<Precision> asked) {
    OfferedPrecisions.require(prefix.device(), asked);
    if (asked.equals(Optional.of(Precision.FP32))) {
      return Optional.of(exact(prefix));
    }
    Calibration calibration = cache.calibration(weights(prefix));
    List<PlanTiming> timings =
        cache.timings(machine(prefix)).map(PlanTimings::timings).orElse(List.of());
    for (PlanTiming timing : suited(timings, asked)) {
      Agreement agreement = calibration.agreements().get(timing.precision());
      if (timing.precision() == Precision.FP32) {
        return Optional.of(exact(prefix));
      } else if (agreement == null) {
        return Optional.empty();
      } else if (asked.isPresent() || agreement.isClose()) {
        return Optional.of(new Choice(plan(timing, calibration), Optional.of(agreement)));
      }
    }
    return Optional.empty();
  }

  /**
   * Measures what is not known and chooses. Where scales of int8 are known but do not suit the
   * sample, they are widened.
   *
   * @param asked the precision to use whatever its features are like; empty for the best
   * @param sample uint8 RGB in NHWC order, pictures of the input spec's size, direct
   * @param rows pictures in the sample, at least 1
   * @throws InvalidOptionException if the device has no such precision
   * @throws UnsupportedPrecisionException if it should have, but cannot compute it
   */
  public Choice choose(
      FrozenPrefix prefix, Optional<Precision> asked, ByteBuffer sample, int rows) {
    OfferedPrecisions.require(prefix.device(), asked);
    if (asked.equals(Optional.of(Precision.FP32))) {
      return exact(prefix);
    }
    PlanTrials trials = new PlanTrials(prefix, sample, rows);
    String about = weights(prefix);
    Calibration known = cache.calibration(about);
    GraftException failure = null;
    for (PlanTiming timing : suited(timings(prefix, trials), asked)) {
      Precision precision = timing.precision();
      if (precision == Precision.FP32) {
        return exact(prefix);
      }
      try {
        Calibration calibration = calibrated(known, precision, timing, trials);
        Agreement agreement = calibration.agreements().get(precision);
        known = calibration;
        cache.keepCalibration(about, calibration);
        listener.detail("The features of " + precision.word() + " " + agreement.describe() + ".");
        if (asked.isPresent() || agreement.isClose()) {
          return new Choice(plan(timing, calibration), Optional.of(agreement));
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
            + ". Leave --precision away, or name fp32.",
        failure);
  }

  /**
   * What is known with the agreement on this sample, in int8 under scales that suit it: those of
   * before, or wider ones where they do not.
   */
  private Calibration calibrated(
      Calibration known, Precision precision, PlanTiming timing, PlanTrials trials) {
    boolean scaled = precision == Precision.INT8;
    Calibration calibration =
        scaled && known.scales().isEmpty() ? known.widenedBy(trials.scales()) : known;
    Agreement agreement = trials.agreement(plan(timing, calibration));
    if (scaled && !agreement.isClose() && !known.scales().isEmpty()) {
      listener.note(
          "int8 is calibrated again: with the scales of other images its features "
              + agreement.describe()
              + ".");
      calibration = known.widenedBy(trials.scales());
      agreement = trials.agreement(plan(timing, calibration));
    }
    return calibration.with(precision, agreement);
  }

  private void leftOut(Precision precision, GraftException why) {
    listener.detail(precision.word() + " is left out: " + why.getMessage());
  }

  /** The speeds of what can be computed here, fastest first. */
  private List<PlanTiming> timings(FrozenPrefix prefix, PlanTrials trials) {
    Optional<PlanTimings> kept = cache.timings(machine(prefix));
    if (kept.isPresent()) {
      return kept.get().timings();
    }
    PlanTiming exact = trials.referenceTiming();
    List<PlanTiming> fastest = new ArrayList<>(List.of(exact));
    listener.detail("Measured " + exact + ".");
    boolean gpu = prefix.device().isGpu();
    boolean complete = trials.isFinite();
    for (Precision precision : OfferedPrecisions.of(prefix.device())) {
      if (precision == Precision.FP32) {
        continue;
      }
      try {
        List<Float> scales = precision == Precision.INT8 ? trials.scales() : List.of();
        List<PlanTiming> measured =
            trials.time(
                new Plan(precision, exact.microBatch(), exact.threads(), scales),
                gpu ? MICRO_BATCHES_ON_GPU : MICRO_BATCHES_ON_CPU,
                gpu ? List.of() : Processor.threadCounts());
        measured.forEach(timing -> listener.detail("Measured " + timing + "."));
        fastest.add(measured.get(0));
      } catch (UnsupportedPrecisionException e) {
        leftOut(precision, e);
      } catch (DeviceException e) {
        leftOut(precision, e);
        complete = false;
      }
    }
    PlanTimings timings = new PlanTimings(machine(prefix), fastest);
    if (complete) {
      // What damaged weights or a device in trouble leave out, others of the same network have.
      cache.keep(timings);
    }
    return timings.timings();
  }

  private static List<PlanTiming> suited(List<PlanTiming> timings, Optional<Precision> asked) {
    return timings.stream()
        .filter(timing -> asked.isEmpty() || asked.get() == timing.precision())
        .toList();
  }

  private static Plan plan(PlanTiming timing, Calibration calibration) {
    return new Plan(
        timing.precision(),
        timing.microBatch(),
        timing.threads(),
        scales(timing.precision(), calibration));
  }

  private static List<Float> scales(Precision precision, Calibration calibration) {
    return precision == Precision.INT8 ? calibration.scales() : List.of();
  }

  private static Choice exact(FrozenPrefix prefix) {
    return new Choice(Plan.exact(prefix.device()), Optional.empty());
  }

  /** What speed depends on. */
  private static String machine(FrozenPrefix prefix) {
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
  private static String weights(FrozenPrefix prefix) {
    return prefix.weightDigest()
        + " to "
        + lastLayer(prefix)
        + ", "
        + prefix.input().canonical()
        + (prefix.device().isGpu() ? ", GPU" : ", CPU");
  }

  private static String lastLayer(FrozenPrefix prefix) {
    List<NamedLayer> layers = prefix.network().layers();
    return layers.get(layers.size() - 1).name();
  }
}
