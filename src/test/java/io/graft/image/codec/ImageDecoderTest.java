package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.GoldenTensors;
import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ImageDecoderTest {

  private static final GoldenTensors PILLOW =
      GoldenTensors.open("/golden/formats_expected.safetensors");

  static List<String> files() {
    return PILLOW.names().stream().filter(file -> !file.equals("lossy.webp")).toList();
  }

  static byte[] encoded(String file) throws IOException {
    try (InputStream stream =
        ImageDecoderTest.class.getResourceAsStream("/golden/formats/" + file)) {
      return stream.readAllBytes();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void pixelsEqualPillows(String file) throws Exception {
    byte[] encoded = encoded(file);
    RgbImage actual = ImageDecoder.decode(encoded);
    RgbImage expected = PILLOW.image(file);
    ImageFormat format = ImageFormat.sniff(encoded).orElseThrow();
    if (format != ImageFormat.JPEG) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    assertThat(actual.width()).isEqualTo(expected.width());
    assertThat(actual.height()).isEqualTo(expected.height());
    int[] differences =
        IntStream.range(0, expected.pixels().length)
            .map(i -> Math.abs((actual.pixels()[i] & 0xff) - (expected.pixels()[i] & 0xff)))
            .toArray();
    assertThat(IntStream.of(differences).average().orElseThrow()).isLessThanOrEqualTo(1);
    assertThat(IntStream.of(differences).max().orElseThrow()).isLessThanOrEqualTo(4);
  }

  @ParameterizedTest
  @MethodSource("files")
  void headerGivesTheNumberOfPixels(String file) throws Exception {
    RgbImage expected = PILLOW.image(file);
    assertThat(ImageDecoder.pixels(encoded(file)))
        .isEqualTo((long) expected.width() * expected.height());
  }

  @Test
  void fixturesCoverEveryFormatAndOrientation() throws IOException {
    // PnmDecoderTest has the files of Netpbm.
    assertThat(Stream.of(ImageFormat.values()).filter(format -> format != ImageFormat.PPM))
        .allSatisfy(
            format ->
                assertThat(files())
                    .anySatisfy(f -> assertThat(ImageFormat.sniff(encoded(f))).hasValue(format)));
    assertThat(files())
        .containsAll(
            IntStream.rangeClosed(1, 8).mapToObj(i -> "orientation_" + i + ".jpg").toList());
  }

  @Test
  void fileNameDoesNotMatter(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("image.txt");
    Files.write(file, encoded("rgb.png"));
    assertThat(ImageDecoder.read(file)).isEqualTo(PILLOW.image("rgb.png"));
  }

  @Test
  void manyThreadsGetTheSamePixels() throws IOException {
    byte[] encoded = encoded("rgb_444.jpg");
    Set<RgbImage> results =
        IntStream.range(0, 64)
            .parallel()
            .mapToObj(
                i -> {
                  try {
                    return ImageDecoder.decode(encoded);
                  } catch (BadImageException e) {
                    throw new AssertionError(e);
                  }
                })
            .collect(Collectors.toSet());
    assertThat(results).hasSize(1);
  }
}
