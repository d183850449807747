package io.graft.cli.options;

import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;
import picocli.CommandLine.Option;

/** Which views of the training images a command trains on. */
public final class ViewOptions {

  private static final String FRESH = "fresh";
  private static final String DEFAULT_VIEWS = "4";

  @Option(
      names = "--augment",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "How views of the training images are drawn: none, flip, crop (and flip), or strong (crop,"
              + " flip and colours); ${DEFAULT-VALUE} if absent.")
  private String augment;

  @Option(
      names = "--views",
      paramLabel = "N|fresh",
      description =
          "How many views of each image there are, the plain one included, each with features of its"
              + " own; or fresh for another one in every epoch, whose features are kept nowhere. With an"
              + " --augment, 4 if absent, and fresh in pretrain.")
  private String count;

  public Views resolve() {
    return resolve(DEFAULT_VIEWS);
  }

  /** The views where fresh ones are drawn unless their number is given. */
  public Views resolveFresh() {
    return resolve(FRESH);
  }

  private Views resolve(String countIfAbsent) {
    Augmentation augmentation = Augmentation.named(augment);
    if (count == null && augmentation.equals(Augmentation.NONE)) {
      return Views.PLAIN;
    }
    String wanted = count == null ? countIfAbsent : count;
    if (wanted.equals(FRESH)) {
      return Views.fresh(augmentation);
    }
    try {
      int views = Integer.parseInt(wanted);
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
