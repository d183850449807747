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
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Caches the measurements for the choice of a plan. It keeps speeds and numbers of threads per
 * machine and network, int8 scales per weights and preprocessing, and {@link Agreement}s per sample
 * of images, layers and plan. Each is a small JSON file, named by the SHA-256 of its key.
 * Everything can be recomputed with the same result. Unreadable files are therefore ignored, and a
 * folder that cannot be written only costs time.
 */
final class PlanCache {

  private static final Gson GSON = new Gson();
  private static final String SPEEDS = "rates";
  private static final String THREADS = "threads";
  private static final String AGREEMENT = "agreement";
  private static final String CALIBRATION = "calibration";

  private final Path speeds;
  private final Path scales;
  private final Progress listener;
  private boolean told;

  /**
   * Prepares a cache in two folders, which need not exist and may be the same.
   *
   * @param speeds the folder of timings and agreements
   * @param scales the folder of calibrations
   * @param listener the listener that is notified if a folder cannot be written
   */
  PlanCache(Path speeds, Path scales, Progress listener) {
    this.speeds = speeds;
    this.scales = scales;
    this.listener = listener;
  }

  /**
   * The content of a file of int8 scales.
   *
   * @param rule the {@link ActivationScales#rule} by which the scales were computed; null if the
   *     file lacks it
   */
  record Calibration(String rule, List<Float> scales) {}

  /** The content of a file of the fastest number of threads. */
  private record KeptThreads(String about, int threads) {}

  /** The content of an agreement's file. */
  private record KeptAgreement(String about, Agreement agreement) {}

  /** Returns the cached speeds with the given key. */
  Optional<PlanTimings> timings(String about) {
    return read(file(speeds, SPEEDS, about), PlanTimings.class).filter(PlanTimings::isWhole);
  }

  void keep(PlanTimings timings) {
    write(file(speeds, SPEEDS, timings.about()), timings);
  }

  /** Returns the cached number of threads with the given key; empty if there is none. */
  OptionalInt threads(String about) {
    return read(file(speeds, THREADS, about), KeptThreads.class).stream()
        .filter(kept -> about.equals(kept.about()) && kept.threads() > 0)
        .mapToInt(KeptThreads::threads)
        .findFirst();
  }

  void keepThreads(String about, int threads) {
    write(file(speeds, THREADS, about), new KeptThreads(about, threads));
  }

  /** Returns all cached speeds, in the order of the files' names. */
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

  /** Returns the cached agreement with the given key, which names sample, layers and plan. */
  Optional<Agreement> agreement(String about) {
    return read(file(speeds, AGREEMENT, about), KeptAgreement.class)
        .filter(kept -> about.equals(kept.about()))
        .map(KeptAgreement::agreement);
  }

  void keepAgreement(String about, Agreement agreement) {
    write(file(speeds, AGREEMENT, about), new KeptAgreement(about, agreement));
  }

  /** Returns the cached scales with the given key. An older version may have computed them. */
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
      // If the content is damaged, Gson throws runtime exceptions of several types.
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
