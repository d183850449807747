package io.graft.cli;

import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A training on a few pictures of two classes, on a VGG16 of random weights. */
final class TinyTraining {

  /** Training pictures. */
  static final int TRAIN = 8;

  /** Validation pictures. */
  static final int VALIDATION = 4;

  private TinyTraining() {}

  /** Draws {@code data} and {@code validation} in a folder. */
  static void draw(Path root) throws IOException {
    TinyPictures.draw(root.resolve("data"), TRAIN / 2, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("validation"), VALIDATION / 2, 2, "rose", "tulip");
  }

  /** The words of a short training over those pictures, whose features are kept beside them. */
  static Object[] command(Path root, Path out, Object... more) {
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
    words.addAll(List.of("--batch-size", 3, "--seed", 5, "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32", "--cache", root.resolve("features"), "--json"));
    words.addAll(given);
    return words.toArray();
  }
}
