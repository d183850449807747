package io.graft.backbone;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
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

  private final Path folder;
  private final PlanListener listener;

  /**
   * A cache in that folder, which need not exist.
   *
   * @param listener told what could not be kept
   */
  PlanCache(Path folder, PlanListener listener) {
    this.folder = folder;
    this.listener = listener;
  }

  /** The speeds measured for that, fastest first. */
  Optional<PlanTimings> timings(String about) {
    return read(file(TIMINGS, about), PlanTimings.class).filter(PlanTimings::isWhole);
  }

  void keep(PlanTimings timings) {
    write(file(TIMINGS, timings.about()), timings);
  }

  /** Every measurement of speed that is kept, in the order of the files' names. */
  List<PlanTimings> allTimings() {
    try (Stream<Path> files = Files.list(folder)) {
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
    Optional<Calibration> read = read(file(CALIBRATION, about), Calibration.class);
    return read.orElse(Calibration.NONE);
  }

  void keepCalibration(String about, Calibration calibration) {
    write(file(CALIBRATION, about), calibration);
  }

  private Path file(String kind, String about) {
    return folder.resolve(kind + "-" + Sha256.of(about.getBytes(StandardCharsets.UTF_8)) + ".json");
  }

  private static <T> Optional<T> read(Path file, Class<T> type) {
    try {
      return Optional.ofNullable(GSON.fromJson(Files.readString(file), type));
    } catch (IOException | JsonParseException | NullPointerException e) {
      return Optional.empty();
    }
  }

  private void write(Path file, Object content) {
    try {
      DurableFiles.writeFile(file, path -> Files.writeString(path, GSON.toJson(content)));
    } catch (OutputException e) {
      listener.detail("Measurements are not kept: " + e.getMessage());
    }
  }
}
