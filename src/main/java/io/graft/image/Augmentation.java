package io.graft.image;

import io.graft.runtime.DecimalText;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.SplitMix64;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * How random views of a picture are drawn, as data. Applied in this order: a rectangle is cut out
 * and resized to the network's input, mirrored, its brightness changed, its contrast, its
 * saturation.
 *
 * @param crop which rectangles; empty for what the input spec makes of the whole picture
 * @param flip whether every other view, at random, is mirrored left to right
 * @param brightness b, 0 to 1: values are multiplied by a factor that is uniform in [1 - b, 1 + b]
 * @param contrast c, 0 to 1: the distances of values from the view's mean grey are, by [1 - c, 1 +
 *     c]
 * @param saturation s, 0 to 1: the distances of values from the pixel's grey are, by [1 - s, 1 + s]
 * @see <a href="https://docs.pytorch.org/vision/0.22/transforms.html">torchvision's {@code
 *     RandomResizedCrop}, {@code RandomHorizontalFlip} and {@code ColorJitter}</a>, whose values
 *     these are; there the order of the last three is random
 */
public record Augmentation(
    Optional<Crop> crop, boolean flip, double brightness, double contrast, double saturation) {

  /** Every view is the plain picture. */
  public static final Augmentation NONE = new Augmentation(Optional.empty(), false, 0, 0, 0);

  /** The plain picture or its mirror image. */
  public static final Augmentation FLIP = new Augmentation(Optional.empty(), true, 0, 0, 0);

  /**
   * Rectangles of at least 0.35 of the picture, mirrored or not. torchvision's default of 0.08 is
   * meant for training from scratch, on views without number; a few views should show the object.
   */
  public static final Augmentation CROP =
      new Augmentation(Optional.of(Crop.of(0.35)), true, 0, 0, 0);

  /**
   * Rectangles of at least 0.2 of the picture, mirrored or not, with other colours: MoCo v1's
   * augmentation (He et al., "Momentum contrast", 2020) without its hue and its greyscale.
   */
  public static final Augmentation STRONG =
      new Augmentation(Optional.of(Crop.of(0.2)), true, 0.4, 0.4, 0.4);

  /** What {@link #named} knows. */
  public static final List<String> NAMES = List.of("none", "flip", "crop", "strong");

  /**
   * Which rectangles are cut out of a picture: torchvision's {@code RandomResizedCrop}. The area is
   * uniform and the logarithm of the aspect ratio is. Of ten tries the first that fits is taken,
   * and if none does the largest central rectangle whose aspect ratio is allowed.
   *
   * @param smallestArea the smallest share of the picture's area, greater than 0
   * @param largestArea the largest, at most 1
   * @param smallestRatio the smallest width of a rectangle divided by its height, greater than 0
   * @param largestRatio the largest
   */
  public record Crop(
      double smallestArea, double largestArea, double smallestRatio, double largestRatio) {

    private static final int TRIES = 10;

    /** Checks every value. */
    public Crop {
      require(
          smallestArea > 0 && smallestArea <= largestArea && largestArea <= 1,
          "crop's areas",
          smallestArea + " to " + largestArea,
          "shares of the picture greater than 0 and at most 1, the smallest first");
      require(
          smallestRatio > 0 && smallestRatio <= largestRatio && Double.isFinite(largestRatio),
          "crop's aspect ratios",
          smallestRatio + " to " + largestRatio,
          "positive numbers, the smallest first");
    }

    /** At least that share of the area, with torchvision's aspect ratios of 3/4 to 4/3. */
    static Crop of(double smallestArea) {
      return new Crop(smallestArea, 1, 3 / 4.0, 4 / 3.0);
    }

    private String canonical() {
      return DoubleStream.of(smallestArea, largestArea, smallestRatio, largestRatio)
          .mapToObj(DecimalText::of)
          .collect(Collectors.joining(","));
    }

    /** Torchvision's {@code RandomResizedCrop.get_params}, with these random numbers. */
    Box draw(int width, int height, SplitMix64 random) {
      double area = (double) width * height;
      for (int i = 0; i < TRIES; i++) {
        double target = area * random.between(smallestArea, largestArea);
        double ratio =
            StrictMath.exp(
                random.between(StrictMath.log(smallestRatio), StrictMath.log(largestRatio)));
        int boxWidth = round(Math.sqrt(target * ratio));
        int boxHeight = round(Math.sqrt(target / ratio));
        if (0 < boxWidth && boxWidth <= width && 0 < boxHeight && boxHeight <= height) {
          int top = random.below(height - boxHeight + 1);
          int left = random.below(width - boxWidth + 1);
          return new Box(left, top, boxWidth, boxHeight);
        }
      }
      return central(width, height);
    }

    private Box central(int width, int height) {
      double ratio = (double) width / height;
      // At least 1: a picture one pixel wide may be asked for no row, which torchvision fails on.
      int boxWidth = ratio > largestRatio ? Math.max(1, round(height * largestRatio)) : width;
      int boxHeight = ratio < smallestRatio ? Math.max(1, round(width / smallestRatio)) : height;
      return new Box((width - boxWidth) / 2, (height - boxHeight) / 2, boxWidth, boxHeight);
    }

    /** Python's {@code round}: halves go to the even neighbour. */
    private static int round(double value) {
      return (int) Math.rint(value);
    }
  }

  /** A rectangle of a picture, in whole pixels. */
  record Box(int left, int top, int width, int height) {}

  /**
   * One view.
   *
   * @param box what is cut out of the picture; empty for all that the input spec takes
   * @param flipped whether left and right are exchanged
   * @param brightness the factor of {@link ColorEnhancement#brightness}
   * @param contrast the factor of {@link ColorEnhancement#contrast}
   * @param saturation the factor of {@link ColorEnhancement#saturation}
   */
  record Draw(
      Optional<Box> box, boolean flipped, float brightness, float contrast, float saturation) {}

  /** Checks every value. */
  public Augmentation {
    requireStrength("brightness", brightness);
    requireStrength("contrast", contrast);
    requireStrength("saturation", saturation);
  }

  /**
   * The augmentation that people call so.
   *
   * @param name {@code none}, {@code flip}, {@code crop} or {@code strong}
   * @throws InvalidOptionException if there is none
   */
  public static Augmentation named(String name) {
    return switch (Suggestions.choose("augmentation", name, NAMES, Function.identity())) {
      case "flip" -> FLIP;
      case "crop" -> CROP;
      case "strong" -> STRONG;
      default -> NONE;
    };
  }

  /** Draws the view of a picture that a number stands for. */
  Draw draw(int width, int height, long number) {
    SplitMix64 random = new SplitMix64(number);
    Optional<Box> box = crop.map(c -> c.draw(width, height, random));
    boolean mirrored = random.next() < 0.5;
    return new Draw(
        box,
        flip && mirrored,
        factor(brightness, random),
        factor(contrast, random),
        factor(saturation, random));
  }

  private static float factor(double strength, SplitMix64 random) {
    return (float) random.between(1 - strength, 1 + strength);
  }

  /**
   * All fields as one line of text that never changes for an equal augmentation: part of stored
   * keys. Its first word changes when the same numbers come to give other views.
   */
  public String canonical() {
    return "augmentation-1 crop="
        + crop.map(Crop::canonical).orElse("none")
        + (" flip=" + flip)
        + (" brightness=" + DecimalText.of(brightness))
        + (" contrast=" + DecimalText.of(contrast))
        + (" saturation=" + DecimalText.of(saturation));
  }

  /** Returns the name, or all fields if it has none. */
  @Override
  public String toString() {
    return NAMES.stream().filter(name -> named(name).equals(this)).findFirst().orElse(canonical());
  }

  private static void requireStrength(String field, double value) {
    require(value >= 0 && value <= 1, field, value, "a number of 0 to 1");
  }

  private static void require(boolean holds, String field, Object received, String expected) {
    if (!holds) {
      throw new InvalidOptionException(
          "The augmentation's "
              + field
              + ": received "
              + received
              + ", expected "
              + expected
              + ".");
    }
  }
}
