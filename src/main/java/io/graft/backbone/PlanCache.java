package io.graft.backbone;

import com.google.gson.Gson;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.runtime.Progress;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is computed once: speeds per machine and network, scales of int8 per weights and
 * preprocessing, agreements per sample. Small JSON files named by the SHA-256 of what they are
 * about. A file that cannot be read counts as absent and a folder that cannot be written costs only
 * time, because everything here can be computed again, to the same choice.
 */
final class PlanCache {

  private static final Gson GSON = new Gson();
  private static final String SPEEDS = "speeds";
  private static final String AGREEMENT = "agreement";
  private static final String CALIBRATION = "calibration";

  private final Path speeds;
  private final Path scales;
  private final Progress listener;
  private boolean told;

  /**
   * A cache in two folders, which need not exist and may be the same.
   *
   * @param speeds where timings and agreements are
   * @param scales where calibrations are
   * @param listener told what could not be kept
   */
  PlanCache(Path speeds, Path scales, Progress listener) {
    this.speeds = speeds;
    this.scales = scales;
    this.listener = listener;
  }

  /**
   * Scales of int8.
   *
   * @param rule how they came about, as {@link ActivationScales#rule}; null where it was another
   *     way
   */
  record Calibration(String rule, List<Float> scales) {}

  /** What a file of an agreement holds. */
  private record KeptAgreement(String about, Agreement agreement) {}

  /** The speeds measured for that. */
  Optional<PlanTimings> timings(String about) {
    return read(file(speeds, SPEEDS, about), PlanTimings.class).filter(PlanTimings::isWhole);
  }

  void keep(PlanTimings timings) {
    write(file(speeds, SPEEDS, timings.about()), timings);
  }

  /** Every measurement of speed that is kept, in the order of the files' names. */
  List<PlanTimings> allTimings() {
    try (Stream<Path> files = Files.list(speeds)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(SPEEDS + "-"))
          .sorted()
          .flatMap(file -> read(file, PlanTimings.class).filter(PlanTimings::isWhole).stream())
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** How the features of a sample agree; {@code about} names both, and how they are computed. */
  Optional<Agreement> agreement(String about) {
    return read(file(speeds, AGREEMENT, about), KeptAgreement.class)
        .filter(kept -> about.equals(kept.about()))
        .map(KeptAgreement::agreement);
  }

  void keepAgreement(String about, Agreement agreement) {
    write(file(speeds, AGREEMENT, about), new KeptAgreement(about, agreement));
  }

  /** The scales of those weights, by whichever rule. */
  Optional<Calibration> calibration(String about) {
    return read(file(scales, CALIBRATION, about), Calibration.class)
        .filter(kept -> kept.scales() != null && !kept.scales().contains(null));
  }

  void keepCalibration(String about, Calibration calibration) {
    write(file(scales, CALIBRATION, about), calibration);
  }

  private static Path file(Path folder, String kind, String about) {
    return folder.resolve(kind + "-" + Sha256.of(about.getBytes(StandardCharsets.UTF_8)) + ".json");
  }

  private static <T> Optional<T> read(Path file, Class<T> type) {
    try {
      return Optional.ofNullable(GSON.fromJson(Files.readString(file), type));
    } catch (IOException | RuntimeException e) {
      // Gson throws runtime exceptions of several kinds for what is no such record.
      return Optional.empty();
    }
  }

  private void write(Path file, Object content) {
    try {
      DurableFiles.writeFile(file, path -> Files.writeString(path, GSON.toJson(content)));
    } catch (OutputException e) {
      if (!told) {
        listener.note(
            "Every run measures the precisions again: "
                + e.getMessage()
                + " Name another cache folder, or set GRAFT_HOME.");
      }
      told = true;
    }
  }
}
