package io.graft.cli.options.data;

import io.graft.data.LabeledImages;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The images that a command is given by name: files, folders, and lists of both. */
public final class ImageArguments {

  private static final String STANDARD_INPUT = "-";
  private static final String LIST = "@";

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description =
          "Image files, folders (searched with the folders below them), @ and a file of paths, or -"
              + " for paths on standard input. A list has one path per line, relative to the"
              + " current folder. Write ./@x for a file named @x.")
  private List<String> words;

  /**
   * Lists the images without labels, in the given order. Reads lists, but no images.
   *
   * @throws BadDataException if there is no image, or a list or folder cannot be read
   */
  public LabeledImages resolve() {
    return listed(words);
  }

  /** Returns whether a word stands for a list of paths. */
  public static boolean isList(String word) {
    return word.equals(STANDARD_INPUT) || word.startsWith(LIST);
  }

  /** Lists the images that words stand for, as {@link #resolve} does. */
  public static LabeledImages listed(List<String> words) {
    List<Path> paths = new ArrayList<>();
    for (String word : words) {
      if (word.equals(STANDARD_INPUT)) {
        paths.addAll(PathList.ofStandardInput());
      } else if (word.startsWith(LIST)) {
        paths.addAll(PathList.of(path(word.substring(LIST.length()))));
      } else {
        paths.add(path(word));
      }
    }
    LabeledImages images = LabeledImages.unlabeled(paths);
    if (images.images().isEmpty()) {
      throw new BadDataException(
          ("No images in %s: received %s files that are hidden or no images. Expected at least one"
                  + " image.")
              .formatted(String.join(", ", words), images.passedOver()));
    }
    return images;
  }

  private static Path path(String word) {
    try {
      if (!word.isEmpty()) {
        return Path.of(word);
      }
    } catch (InvalidPathException e) {
      throw new InvalidOptionException(
          "'%s' is no path on this machine: %s. Expected the path of an image."
              .formatted(word, e.getReason()));
    }
    throw new InvalidOptionException(
        "One of the paths is empty. Expected the path of an image, a folder or, after @, a list.");
  }
}
