package io.graft.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.GoldenTensors;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BilinearResizeTest {

  private static final GoldenTensors PILLOW =
      GoldenTensors.open("/golden/pillow_bilinear.safetensors");

  static Stream<String> cases() {
    return PILLOW.names().stream()
        .filter(name -> name.endsWith(".in"))
        .map(name -> name.substring(0, name.length() - 3));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultEqualsPillows(String name) {
    RgbImage expected = PILLOW.image(name + ".out");
    RgbImage actual =
        BilinearResize.resize(PILLOW.image(name + ".in"), expected.width(), expected.height());
    assertThat(actual).isEqualTo(expected);
  }

  @Property(tries = 200)
  void windowEqualsThatPartOfTheWholeResult(
      @ForAll Random random,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll @IntRange(min = 1, max = 40) int newWidth,
      @ForAll @IntRange(min = 1, max = 40) int newHeight) {
    RgbImage source = noise(random, width, height);
    RgbImage whole = BilinearResize.resize(source, newWidth, newHeight);
    int left = random.nextInt(newWidth);
    int top = random.nextInt(newHeight);
    int windowWidth = 1 + random.nextInt(newWidth - left);
    int windowHeight = 1 + random.nextInt(newHeight - top);
    RgbImage window =
        BilinearResize.resize(source, newWidth, newHeight, left, top, windowWidth, windowHeight);
    for (int y = 0; y < windowHeight; y++) {
      for (int x = 0; x < 3 * windowWidth; x++) {
        assertThat(window.pixels()[y * 3 * windowWidth + x])
            .isEqualTo(whole.pixels()[(top + y) * 3 * newWidth + 3 * left + x]);
      }
    }
  }

  @Property(tries = 200)
  void constantImageStaysConstant(
      @ForAll byte value,
      @ForAll @IntRange(min = 1, max = 300) int width,
      @ForAll @IntRange(min = 1, max = 30) int height,
      @ForAll @IntRange(min = 1, max = 300) int newWidth,
      @ForAll @IntRange(min = 1, max = 30) int newHeight) {
    byte[] pixels = new byte[3 * width * height];
    Arrays.fill(pixels, value);
    RgbImage result =
        BilinearResize.resize(new RgbImage(width, height, pixels), newWidth, newHeight);
    assertThat(result.pixels()).hasSize(3 * newWidth * newHeight).containsOnly(value);
  }

  @Property(tries = 200)
  void valuesStayInTheRangeOfTheSource(
      @ForAll Random random,
      @ForAll @IntRange(min = 1, max = 60) int width,
      @ForAll @IntRange(min = 1, max = 60) int newWidth) {
    RgbImage source = noise(random, width, 3);
    for (int i = 0; i < source.pixels().length; i++) {
      source.pixels()[i] = (byte) (60 + (source.pixels()[i] & 0x7f));
    }
    for (byte value : BilinearResize.resize(source, newWidth, 7).pixels()) {
      assertThat(value & 0xff).isBetween(60, 187);
    }
  }

  @Property(tries = 50)
  void sameSizeChangesNothing(
      @ForAll Random random,
      @ForAll @IntRange(min = 1, max = 50) int width,
      @ForAll @IntRange(min = 1, max = 50) int height) {
    RgbImage source = noise(random, width, height);
    assertThat(BilinearResize.resize(source, width, height)).isEqualTo(source);
  }

  private static RgbImage noise(Random random, int width, int height) {
    byte[] pixels = new byte[3 * width * height];
    random.nextBytes(pixels);
    return new RgbImage(width, height, pixels);
  }
}
