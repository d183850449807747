package io.graft.backbone;

import com.google.gson.Gson;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measurements that are made once: speeds per machine and network, calibrations per weights and
 * preprocessing. Small JSON files named by the SHA-256 of what they are about. A file that cannot
 * be read counts as absent and a folder that cannot be written costs only time, because everything
 * here can be measured again.
 */
final class PlanCache {

  private static final Gson GSON = new Gson();
  private static final String TIMINGS = "timings";
  private static final String CALIBRATION = "calibration";

  private final Path speeds;
  private final Path scales;
  private final PlanListener listener;
  private boolean told;

  /**
   * A cache in two folders, which need not exist and may be the same.
   *
   * @param speeds where timings are
   * @param scales where calibrations are
   * @param listener told what could not be kept
   */
  PlanCache(Path speeds, Path scales, PlanListener listener) {
    this.speeds = speeds;
    this.scales = scales;
    this.listener = listener;
  }

  /** The speeds measured for that, fastest first. */
  Optional<PlanTimings> timings(String about) {
    return read(file(speeds, TIMINGS, about), PlanTimings.class).filter(PlanTimings::isWhole);
  }

  void keep(PlanTimings timings) {
    write(file(speeds, TIMINGS, timings.about()), timings);
  }

  /** Every measurement of speed that is kept, in the order of the files' names. */
  List<PlanTimings> allTimings() {
    try (Stream<Path> files = Files.list(speeds)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(TIMINGS + "-"))
          .sorted()
          .flatMap(file -> read(file, PlanTimings.class).filter(PlanTimings::isWhole).stream())
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** What is known of those weights; {@link Calibration#NONE} if nothing. */
  Calibration calibration(String about) {
    Optional<Calibration> read = read(file(scales, CALIBRATION, about), Calibration.class);
    return read.orElse(Calibration.NONE);
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
                + " GRAFT_HOME or --cache names the folder.");
      }
      told = true;
    }
  }
}
