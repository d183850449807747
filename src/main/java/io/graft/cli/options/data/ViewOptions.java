package io.graft.cli.options.data;

import io.graft.data.Views;
import io.graft.image.Augmentation;
import io.graft.runtime.InvalidOptionException;
import picocli.CommandLine.Option;

/** The options for the augmented views of the training images. */
public final class ViewOptions {

  @Option(
      names = "--augment",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "How to augment the training images: none, flip, crop (and flip), or strong (crop, flip and"
              + " colours); ${DEFAULT-VALUE} if absent.")
  private String augment;

  @Option(
      names = "--views",
      paramLabel = "N|fresh",
      description =
          "Views of each image, the unchanged one included, each with its own features; or fresh for a"
              + " new view in every epoch, whose features are not kept. If absent 4 with an --augment,"
              + " or fresh in pretrain.")
  private String count;

  /** Returns the views; {@code countIfAbsent} is the value of {@code --views} if it is absent. */
  public Views resolve(String countIfAbsent) {
    Augmentation augmentation = Augmentation.named(augment);
    if (count == null && augmentation.equals(Augmentation.NONE)) {
      return Views.PLAIN;
    }
    String wanted = count == null ? countIfAbsent : count;
    if (wanted.equals("fresh")) {
      return Views.fresh(augmentation);
    }
    try {
      int views = Integer.parseInt(wanted);
      if (views >= 1) {
        return new Views(augmentation, views);
      }
    } catch (NumberFormatException e) {
      // The text is not a number. The exception below reports it.
    }
    throw new InvalidOptionException(
        "Views is '" + count + "': expected a whole number of at least 1, such as 4, or fresh.");
  }
}
