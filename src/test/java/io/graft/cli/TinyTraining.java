package io.graft.cli;

import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Commands that train a VGG16 with random weights on a few small images of two classes. */
final class TinyTraining {

  /** Number of training images. */
  static final int TRAIN = 8;

  /** Number of validation images. */
  static final int VALIDATION = 4;

  private TinyTraining() {}

  /** Writes the folders {@code data} and {@code validation} below a folder. */
  static void draw(Path root) throws IOException {
    TinyPictures.draw(root.resolve("data"), TRAIN / 2, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("validation"), VALIDATION / 2, 2, "rose", "tulip");
  }

  /**
   * Returns a command that trains on those images, stores features next to them and prints JSON.
   */
  static Object[] command(Path root, Path out, Object... more) {
    return Stream.concat(words(root, out, more).stream(), Stream.of("--json")).toArray();
  }

  /** Returns the same command without {@code --json}. */
  static List<Object> words(Path root, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--out", out, "--weights", "random"));
    List<Object> given = Arrays.asList(more);
    if (!given.contains("--data")) {
      words.addAll(List.of("--data", root.resolve("data")));
    }
    if (!given.contains("--validation-split")) {
      words.addAll(List.of("--validation", root.resolve("validation")));
    }
    if (!given.contains("--epochs")) {
      words.addAll(List.of("--epochs", 2));
    }
    if (!given.contains("--backbone") && !given.contains("--image-size")) {
      words.addAll(List.of("--image-size", 64));
    }
    words.addAll(List.of("--batch-size", 3, "--seed", 5, "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32", "--cache", root.resolve("features")));
    words.addAll(given);
    return words;
  }
}
