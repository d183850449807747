package io.graft.train;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkpoint files of a folder. Their names sort in the order of their writing. */
record CheckpointFiles(Path folder) {

  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{8})\\.safetensors");

  /** What a process leaves that was killed while it wrote a checkpoint. */
  private static final Pattern UNFINISHED =
      Pattern.compile("\\.checkpoint-\\d{8}\\.safetensors\\..*\\.tmp");

  /** Returns the checkpoints, newest first. */
  List<Path> newestFirst() {
    return named(NAME.asMatchPredicate()).stream().sorted(Comparator.reverseOrder()).toList();
  }

  /** Returns the file for the next checkpoint. */
  Path next() {
    long last =
        newestFirst().stream()
            .findFirst()
            .map(newest -> Long.parseLong(newest.getFileName().toString().replaceAll("\\D", "")))
            .orElse(0L);
    return folder.resolve(String.format(Locale.ROOT, "checkpoint-%08d.safetensors", last + 1));
  }

  /** Removes all but the newest {@code kept} checkpoints. */
  void prune(int kept) {
    newestFirst().stream().skip(kept).forEach(DurableFiles::deleteQuietly);
    named(UNFINISHED.asMatchPredicate()).forEach(DurableFiles::deleteQuietly);
  }

  /** Removes every checkpoint, and the folder if nothing else is in it. */
  void removeAll() {
    named(NAME.asMatchPredicate().or(UNFINISHED.asMatchPredicate()))
        .forEach(DurableFiles::deleteQuietly);
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // The other files are the user's.
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private List<Path> named(Predicate<String> names) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> names.test(file.getFileName().toString())).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private OutputException unusable(IOException cause) {
    return new OutputException(
        ("Cannot use the folder of checkpoints %s: %s. Expected a folder that can be read and"
                + " written. Name another checkpoint folder.")
            .formatted(folder, FileFailure.reason(cause)),
        cause,
        "checkpoint");
  }
}
