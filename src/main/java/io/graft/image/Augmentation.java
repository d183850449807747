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
 * How random views of an image are drawn. The steps run in this order: cut out a rectangle and
 * resize it to the network's input, mirror it, change its brightness, its contrast and its
 * saturation. Each of the last three multiplies by a factor that is uniform in [1 - strength, 1 +
 * strength].
 *
 * @param crop the rectangles to cut out; empty to use the whole image, as the input spec does
 * @param flip whether to mirror a view left to right with probability 0.5
 * @param brightness the strength, 0 to 1; the factor multiplies the values
 * @param contrast the strength, 0 to 1; the factor multiplies the distances from the view's mean
 *     grey
 * @param saturation the strength, 0 to 1; the factor multiplies the distances from the pixel's grey
 * @see <a href="https://docs.pytorch.org/vision/0.22/transforms.html">torchvision's {@code
 *     RandomResizedCrop}, {@code RandomHorizontalFlip} and {@code ColorJitter}</a>, which give the
 *     same pixels for the same factors; {@code ColorJitter} shuffles the last three steps
 */
public record Augmentation(
    Optional<Crop> crop, boolean flip, double brightness, double contrast, double saturation) {

  /** No augmentation: every view is the plain image. */
  public static final Augmentation NONE = new Augmentation(Optional.empty(), false, 0, 0, 0);

  /** Either the plain image or its mirror image. */
  public static final Augmentation FLIP = new Augmentation(Optional.empty(), true, 0, 0, 0);

  /**
   * Rectangles of at least 0.35 of the image, mirrored or not. torchvision's default of 0.08 is
   * meant for training from scratch on very many views. With few views, each should show the
   * object.
   */
  public static final Augmentation CROP =
      new Augmentation(Optional.of(Crop.of(0.35)), true, 0, 0, 0);

  /**
   * Rectangles of at least 0.2 of the image, mirrored or not, with changed colours. This is MoCo
   * v1's augmentation (He et al., "Momentum contrast", 2020) without its hue and greyscale steps.
   */
  public static final Augmentation STRONG =
      new Augmentation(Optional.of(Crop.of(0.2)), true, 0.4, 0.4, 0.4);

  /** The names that {@link #named} accepts. */
  public static final List<String> NAMES = List.of("none", "flip", "crop", "strong");

  /**
   * Which rectangles are cut out of an image, as in torchvision's {@code RandomResizedCrop}. The
   * area and the logarithm of the aspect ratio are uniform. The first of ten tries that fits into
   * the image is used. If none fits, it is the largest central rectangle with an allowed aspect
   * ratio.
   *
   * @param smallestArea the smallest share of the image's area, greater than 0
   * @param largestArea the largest share of the image's area, at most 1
   * @param smallestRatio the smallest ratio of width to height, greater than 0
   * @param largestRatio the largest ratio of width to height
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
          "shares of the image greater than 0 and at most 1, the smallest first");
      require(
          smallestRatio > 0 && smallestRatio <= largestRatio && Double.isFinite(largestRatio),
          "crop's aspect ratios",
          smallestRatio + " to " + largestRatio,
          "positive numbers, the smallest first");
    }

    /** Creates a crop to at least this share of the area, with torchvision's aspect ratios. */
    static Crop of(double smallestArea) {
      return new Crop(smallestArea, 1, 3 / 4.0, 4 / 3.0);
    }

    private String canonical() {
      return DoubleStream.of(smallestArea, largestArea, smallestRatio, largestRatio)
          .mapToObj(DecimalText::of)
          .collect(Collectors.joining(","));
    }

    /** Draws a rectangle like torchvision's {@code RandomResizedCrop.get_params}. */
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
      // At least 1 pixel. For an image one pixel wide, torchvision rounds to 0 and fails.
      int boxWidth = ratio > largestRatio ? Math.max(1, round(height * largestRatio)) : width;
      int boxHeight = ratio < smallestRatio ? Math.max(1, round(width / smallestRatio)) : height;
      return new Box((width - boxWidth) / 2, (height - boxHeight) / 2, boxWidth, boxHeight);
    }

    /** Rounds halves to the even neighbour, like Python. */
    private static int round(double value) {
      return (int) Math.rint(value);
    }
  }

  /** A rectangle of an image, in pixels. */
  record Box(int left, int top, int width, int height) {}

  /**
   * The random choices of one view.
   *
   * @param box the rectangle of the image; empty for the rectangle that the input spec takes
   * @param flipped whether to exchange left and right
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
   * Returns the augmentation with the given name.
   *
   * @param name the name: {@code none}, {@code flip}, {@code crop} or {@code strong}
   * @throws InvalidOptionException if there is no such augmentation
   */
  public static Augmentation named(String name) {
    return switch (Suggestions.choose("augmentation", name, NAMES, Function.identity())) {
      case "flip" -> FLIP;
      case "crop" -> CROP;
      case "strong" -> STRONG;
      default -> NONE;
    };
  }

  /** Draws a view of an image. The same number gives the same view. */
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
   * Returns all fields as one line of text, for stored keys. Equal augmentations give equal texts.
   * The number in the first word must change whenever equal fields give other views.
   */
  public String canonical() {
    return "augmentation-1 crop="
        + crop.map(Crop::canonical).orElse("none")
        + (" flip=" + flip)
        + (" brightness=" + DecimalText.of(brightness))
        + (" contrast=" + DecimalText.of(contrast))
        + (" saturation=" + DecimalText.of(saturation));
  }

  /** Returns the name, or all fields if this augmentation has no name. */
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
          "The augmentation's %s: received %s, expected %s.".formatted(field, received, expected));
    }
  }
}
