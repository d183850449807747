package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.graft.image.BadImageException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares both JPEG decoders. They give the same pixels and refuse the same files. */
final class TurboJpegTest {

  static List<String> jpegs() {
    return ImageDecoderTest.files().stream()
        .filter(file -> formatOf(file) == ImageFormat.JPEG)
        .toList();
  }

  private static ImageFormat formatOf(String file) {
    try {
      return ImageFormat.sniff(ImageDecoderTest.encoded(file)).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("jpegs")
  void fixturesDecodeEqually(String file) throws Exception {
    requireLibrary();
    byte[] encoded = ImageDecoderTest.encoded(file);
    assertThat(JpegDecoder.decode(encoded, true)).isEqualTo(JpegDecoder.decode(encoded, false));
  }

  @Test
  void libraryDecodesACommonImage() throws Exception {
    requireLibrary();
    byte[] encoded = jpeg(33, 17, 1, 0.9f, false);
    assertThat(TurboJpeg.decode(encoded, 33, 17))
        .hasValue(JpegDecoder.decode(encoded, false).pixels());
  }

  @Property(tries = 200)
  void imagesOfAnySizeAndQualityDecodeEqually(
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll @IntRange(min = 1, max = 70) int height,
      @ForAll @IntRange(min = 1, max = 100) int percent,
      @ForAll boolean progressive,
      @ForAll long seed)
      throws Exception {
    byte[] encoded = jpeg(width, height, seed, percent / 100f, progressive);
    assertThat(JpegDecoder.decode(encoded, true)).isEqualTo(JpegDecoder.decode(encoded, false));
  }

  @Test
  void bothDecodersRefuseACutOffImage() throws Exception {
    requireLibrary();
    byte[] encoded = jpeg(64, 64, 1, 0.9f, false);
    byte[] half = Arrays.copyOf(encoded, encoded.length / 2);
    half[half.length - 2] = (byte) 0xff;
    half[half.length - 1] = (byte) 0xd9;
    assertThat(TurboJpeg.decode(half, 64, 64)).isEmpty();
    for (boolean turboAllowed : new boolean[] {true, false}) {
      assertThatThrownBy(() -> JpegDecoder.decode(half, turboAllowed))
          .isInstanceOf(BadImageException.class)
          .hasMessageContaining("cut off or damaged");
    }
  }

  private static void requireLibrary() {
    assumeTrue(TurboJpeg.fileName().isPresent(), "libjpeg-turbo is not installed");
  }

  /** Encodes smooth colours with noise in every block, with chroma at half the width and height. */
  private static byte[] jpeg(int width, int height, long seed, float quality, boolean progressive)
      throws IOException {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = (x * 5 + random.nextInt(64)) & 0xff;
        int green = (y * 3 + random.nextInt(64)) & 0xff;
        image.setRGB(x, y, red << 16 | green << 8 | random.nextInt(256));
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var stream = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      parameters.setProgressiveMode(
          progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
