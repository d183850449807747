package io.graft.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.image.Augmentation.Box;
import io.graft.image.Augmentation.Crop;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.SplitMix64;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AugmentationTest {

  private static final GoldenTensors TORCHVISION = GoldenTensors.open("/golden/views.safetensors");

  /** The same as CROPS in make_views.py. */
  private static final List<Crop> CROPS =
      List.of(
          new Crop(0.35, 1, 3 / 4.0, 4 / 3.0),
          new Crop(0.2, 1, 3 / 4.0, 4 / 3.0),
          new Crop(0.08, 0.5, 0.5, 3),
          new Crop(0.9, 1, 2, 2.5));

  @Test
  void sameRandomNumbersGiveTorchvisionsRectangles() {
    long[] rows = TORCHVISION.longs("boxes");
    assertThat(rows.length / 8).isGreaterThan(300);
    for (int at = 0; at < rows.length; at += 8) {
      int width = (int) rows[at + 1];
      int height = (int) rows[at + 2];
      Crop crop = CROPS.get((int) rows[at + 3]);
      Box expected =
          new Box((int) rows[at + 4], (int) rows[at + 5], (int) rows[at + 6], (int) rows[at + 7]);
      assertThat(crop.draw(width, height, new SplitMix64(rows[at])))
          .as("view %d of %d x %d by %s", rows[at], width, height, crop)
          .isEqualTo(expected);
    }
  }

  static Stream<String> views() {
    return TORCHVISION.names().stream().filter(name -> name.matches("\\d\\.[a-z]+\\.-?\\d+"));
  }

  @ParameterizedTest
  @MethodSource("views")
  void viewsEqualTorchvisions(String name) {
    String[] parts = name.split("\\.", -1);
    InputSpec spec = InputSpec.TORCHVISION.withSize(28);
    RgbImage image = TORCHVISION.image(parts[0] + ".in");
    byte[] before = image.pixels().clone();
    ByteBuffer view = ByteBuffer.allocate(spec.bytes() + 1);
    spec.write(image, view, Augmentation.named(parts[1]), Long.parseLong(parts[2]));
    assertThat(view.position()).isEqualTo(spec.bytes());
    assertThat(Arrays.copyOf(view.array(), spec.bytes())).isEqualTo(TORCHVISION.bytes(name));
    assertThat(image.pixels()).as("the image itself").isEqualTo(before);
  }

  static Stream<String> colors() {
    return TORCHVISION.names().stream().filter(name -> name.matches("colors\\..*\\d"));
  }

  @ParameterizedTest
  @MethodSource("colors")
  void colorsEqualPillows(String name) {
    String[] parts = name.split("\\.", 3);
    byte[] pixels = TORCHVISION.bytes("colors.in");
    float factor = Float.parseFloat(parts[2]);
    switch (parts[1]) {
      case "Brightness" -> ColorEnhancement.brightness(pixels, factor);
      case "Contrast" -> ColorEnhancement.contrast(pixels, factor);
      default -> ColorEnhancement.saturation(pixels, factor);
    }
    assertThat(pixels).isEqualTo(TORCHVISION.bytes(name));
  }

  /** torchvision fails for this image, because its rectangle has no rows. */
  @Test
  void imageOfOnePixelHasViews() {
    RgbImage dot = new RgbImage(1, 1, new byte[] {1, 2, 3});
    Augmentation wide = new Augmentation(Optional.of(CROPS.get(3)), true, 0, 0, 0);
    assertThat(view(InputSpec.TORCHVISION.withSize(2), dot, wide, 0).pixels())
        .containsExactly(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3);
  }

  @Test
  void viewWithoutAugmentationIsThePlainImage() {
    RgbImage image = TORCHVISION.image("0.in");
    for (InputSpec whole : List.of(InputSpec.TORCHVISION, InputSpec.KERAS_CAFFE)) {
      InputSpec spec = whole.withSize(28);
      assertThat(view(spec, image, Augmentation.NONE, 3)).isEqualTo(plain(spec, image));
    }
  }

  private static RgbImage plain(InputSpec spec, RgbImage image) {
    ByteBuffer pixels = ByteBuffer.allocate(spec.bytes());
    spec.write(image, pixels);
    return new RgbImage(spec.width(), spec.height(), pixels.array());
  }

  @Test
  void mirroringTwiceRestoresTheImage() {
    for (int width = 1; width < 5; width++) {
      RgbImage image = new RgbImage(width, 2, bytes(6 * width));
      RgbImage mirrored = new RgbImage(width, 2, image.pixels().clone());
      mirrored.mirror();
      assertThat(mirrored.pixels()[0]).isEqualTo(image.pixels()[3 * (width - 1)]);
      assertThat(mirrored.equals(image)).isEqualTo(width == 1);
      mirrored.mirror();
      assertThat(mirrored).isEqualTo(image);
    }
  }

  @Property(tries = 300)
  void rectanglesHaveTheRequestedAreaAndRatio(
      @ForAll @IntRange(min = 3, max = 3000) int width,
      @ForAll @IntRange(min = 3, max = 3000) int height,
      @ForAll @IntRange(max = 3) int which,
      @ForAll long number) {
    Crop crop = CROPS.get(which);
    Box box = crop.draw(width, height, new SplitMix64(number));
    assertThat(box.left()).isNotNegative();
    assertThat(box.top()).isNotNegative();
    assertThat(box.width()).isBetween(1, width - box.left());
    assertThat(box.height()).isBetween(1, height - box.top());
    assertThat(crop.draw(width, height, new SplitMix64(number))).isEqualTo(box);
    // Sides are rounded to whole pixels, so each may be half a pixel off.
    double smallest = (box.width() - 0.5) / (box.height() + 0.5);
    double largest = (box.width() + 0.5) / (box.height() - 0.5);
    assertThat(largest).isGreaterThanOrEqualTo(crop.smallestRatio());
    assertThat(smallest).isLessThanOrEqualTo(crop.largestRatio());
    double area = (box.width() + 0.5) * (box.height() + 0.5) / ((double) width * height);
    boolean central =
        Math.abs(width - box.width() - 2 * box.left()) < 2
            && Math.abs(height - box.height() - 2 * box.top()) < 2;
    assertThat(area >= crop.smallestArea() || central).isTrue();
  }

  /** Uses an image in which every try fits, so that no try is rejected. */
  @Test
  void areasAndLogarithmsOfRatiosAreUniform() {
    Crop crop = new Crop(0.1, 0.5, 0.5, 2);
    int side = 3000;
    List<Box> boxes =
        LongStream.range(0, 4000)
            .mapToObj(i -> crop.draw(side, side, new SplitMix64(SplitMix64.mix(i))))
            .toList();
    requireUniform(boxes, box -> (double) box.width() * box.height() / side / side, 0.1, 0.5);
    requireUniform(
        boxes, box -> Math.log((double) box.width() / box.height()), Math.log(0.5), Math.log(2));
    requireUniform(boxes, box -> (box.left() + 0.5) / (side - box.width() + 1), 0, 1);
    requireUniform(boxes, box -> (box.top() + 0.5) / (side - box.height() + 1), 0, 1);
  }

  @Test
  void factorsAreUniformAndHalfOfTheViewsAreMirrored() {
    List<Augmentation.Draw> draws =
        LongStream.range(0, 4000)
            .mapToObj(i -> Augmentation.STRONG.draw(100, 80, SplitMix64.mix(i)))
            .toList();
    requireUniform(draws, Augmentation.Draw::brightness, 0.6, 1.4);
    requireUniform(draws, Augmentation.Draw::contrast, 0.6, 1.4);
    requireUniform(draws, Augmentation.Draw::saturation, 0.6, 1.4);
    assertThat(draws.stream().filter(Augmentation.Draw::flipped).count()).isBetween(1900L, 2100L);
    assertThat(IntStream.range(0, 100).mapToObj(i -> Augmentation.CROP.draw(100, 80, i)))
        .allMatch(draw -> draw.brightness() == 1 && draw.contrast() == 1 && draw.saturation() == 1);
    assertThat(IntStream.range(0, 100).mapToObj(i -> Augmentation.NONE.draw(100, 80, i)))
        .noneMatch(Augmentation.Draw::flipped);
  }

  /** The Kolmogorov-Smirnov test at a level of one in a thousand. */
  private static <T> void requireUniform(
      List<T> drawn, ToDoubleFunction<T> value, double low, double high) {
    double[] shares =
        drawn.stream()
            .mapToDouble(one -> (value.applyAsDouble(one) - low) / (high - low))
            .toArray();
    Arrays.sort(shares);
    double distance = 0;
    for (int i = 0; i < shares.length; i++) {
      distance = Math.max(distance, shares[i] - (double) i / shares.length);
      distance = Math.max(distance, (i + 1.0) / shares.length - shares[i]);
    }
    assertThat(distance).isLessThan(1.95 / Math.sqrt(shares.length));
  }

  @Test
  void namesSelectTheAugmentations() {
    assertThat(Augmentation.NAMES.stream().map(Augmentation::named))
        .containsExactly(
            Augmentation.NONE, Augmentation.FLIP, Augmentation.CROP, Augmentation.STRONG);
    assertThat(Augmentation.CROP.crop()).contains(CROPS.get(0));
    assertThat(Augmentation.STRONG.crop()).contains(CROPS.get(1));
    assertThat(Augmentation.STRONG).hasToString("strong");
    Augmentation bright = new Augmentation(Optional.empty(), false, 0.5, 0, 0);
    assertThat(bright).hasToString(bright.canonical());
    assertThatThrownBy(() -> Augmentation.named("crops"))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessage(
            "No augmentation 'crops'; did you mean 'crop'? Expected one of none, flip, crop,"
                + " strong.");
  }

  @Test
  void canonicalTextHasEveryField() {
    assertThat(Augmentation.STRONG.canonical())
        .isEqualTo(
            "augmentation-1 crop=0.2,1.0,0.75,1.3333333333333333 flip=true brightness=0.4"
                + " contrast=0.4 saturation=0.4");
    assertThat(Augmentation.FLIP.canonical())
        .isEqualTo("augmentation-1 crop=none flip=true brightness=0.0 contrast=0.0 saturation=0.0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void invalidValuesAreRefused(double wrong) {
    Optional<Crop> none = Optional.empty();
    Stream.<Runnable>of(
            () -> new Augmentation(none, false, wrong, 0, 0),
            () -> new Augmentation(none, false, 0, wrong, 0),
            () -> new Augmentation(none, false, 0, 0, wrong),
            () -> new Crop(wrong, 1, 1, 1),
            () -> new Crop(0.5, wrong, 1, 1),
            () -> new Crop(0.5, 0.4, 1, 1),
            () -> new Crop(0.5, 1, -Math.abs(wrong), 1),
            () -> new Crop(0.5, 1, 0, 1),
            () -> new Crop(0.5, 1, 1.2, wrong),
            () -> new Crop(0.5, 1, 1, Double.POSITIVE_INFINITY))
        .forEach(
            creation ->
                assertThatThrownBy(creation::run)
                    .isInstanceOf(InvalidOptionException.class)
                    .hasMessageContainingAll("The augmentation's", "received", "expected"));
  }

  private static RgbImage view(
      InputSpec spec, RgbImage image, Augmentation augmentation, long random) {
    ByteBuffer pixels = ByteBuffer.allocate(spec.bytes());
    spec.write(image, pixels, augmentation, random);
    return new RgbImage(spec.width(), spec.height(), pixels.array());
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }
}
