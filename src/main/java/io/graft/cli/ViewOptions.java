package io.graft.cli;

import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;
import picocli.CommandLine.Option;

/** Which views of the training images a command trains on. */
final class ViewOptions {

  private static final String FRESH = "fresh";
  private static final int DEFAULT_VIEWS = 4;

  @Option(
      names = "--augment",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "How views of the training images are drawn: none (the default), flip, crop (and flip), or"
              + " strong (crop, flip and colours).")
  private String augment;

  @Option(
      names = "--views",
      paramLabel = "N|fresh",
      description =
          "How many views of each image there are, the plain one included, each with features of its"
              + " own; or fresh for another one in every epoch, whose features are kept nowhere. 4 if"
              + " absent and there is an --augment.")
  private String count;

  Views resolve() {
    Augmentation augmentation = Augmentation.named(augment);
    if (count == null) {
      return augmentation.equals(Augmentation.NONE)
          ? Views.PLAIN
          : new Views(augmentation, DEFAULT_VIEWS);
    }
    if (count.equals(FRESH)) {
      return Views.fresh(augmentation);
    }
    try {
      int views = Integer.parseInt(count);
      if (views >= 1) {
        return new Views(augmentation, views);
      }
    } catch (NumberFormatException e) {
      // Refused below, with what was received.
    }
    throw new InvalidOptionException(
        "Views is '" + count + "': expected a whole number of at least 1, such as 4, or fresh.");
  }
}
