package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.codec.ImageDecoder;
import io.graft.testing.JavaProcess;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photographs of 108 megapixels among small images. */
class HugeImageTest {

  private static final int WIDTH = 12_000;
  private static final int HEIGHT = 9_000;

  /** Two images of 324 MB each do not fit together. */
  private static final String HEAP = "-Xmx512m";

  @TempDir Path root;

  /** Loads a folder with four threads and prints how many values are not 128. */
  static final class Loading {
    public static void main(String[] arguments) {
      LoaderOptions options = LoaderOptions.defaults().withThreads(4);
      ImageLoader loader =
          new ImageLoader(
              ImageFolder.open(Path.of(arguments[0])),
              InputSpec.TORCHVISION.withSize(8),
              options.withOnBadImage(OnBadImage.FAIL),
              bad -> {});
      try (Batches batches = loader.batches()) {
        while (batches.hasNext()) {
          try (ImageBatch batch = batches.next()) {
            ByteBuffer pixels = batch.pixels();
            long others = 0;
            while (pixels.hasRemaining()) {
              others += (pixels.get() & 0xff) == 128 ? 0 : 1;
            }
            System.out.println(batch.size() + " images, " + others + " other values");
          }
        }
      }
    }
  }

  @Test
  void hugePhotographsAreDecodedOneAfterTheOther() throws Exception {
    for (String name : new String[] {"a/1.jpg", "a/2.jpg"}) {
      Files.createDirectories(root.resolve("data/a"));
      Files.write(root.resolve("data").resolve(name), greyJpeg(WIDTH, HEIGHT));
    }
    for (int i = 0; i < 4; i++) {
      ImageFiles.draw(root.resolve("data/b/" + i + ".png"), new Color(128, 128, 128));
    }
    JavaProcess.Result result =
        JavaProcess.run(
            root,
            // The C library would need little memory: see NativeLoadingTest.
            Map.of("GRAFT_NATIVE", "off"),
            Path.of(System.getProperty("graft.test.classpath", "")),
            HEAP,
            Loading.class.getName(),
            root.resolve("data").toString());
    assertThat(result.err()).doesNotContain("OutOfMemory");
    assertThat(result.out()).isEqualTo("6 images, 0 other values\n");
  }

  @Test
  void imageAboveTheLimitIsRefusedBeforeItIsDecoded() {
    byte[] huge = greyJpeg(WIDTH, HEIGHT);
    assertThat(ImageDecoder.pixels(huge)).isEqualTo(108_000_000);
    assertThatThrownBy(() -> ImageDecoder.decode(huge, 107_999_999))
        .isInstanceOf(BadImageException.class)
        .hasMessage(
            "the image has 108 megapixels (108000000 pixels); at most 107999999 pixels are"
                + " decoded");
  }

  @Test
  void loaderTakesTheLimitOfItsOptions() {
    ImageFiles.draw(root.resolve("data/a/1.png"));
    ImageFiles.draw(root.resolve("data/b/1.png"));
    OnBadImage small = OnBadImage.SKIP.withMaxPixels(ImageFiles.SIZE * ImageFiles.SIZE - 1);
    List<BadImage> bad = new ArrayList<>();
    ImageLoader loader =
        new ImageLoader(
            ImageFolder.open(root.resolve("data")),
            InputSpec.TORCHVISION.withSize(8),
            LoaderOptions.defaults().withOnBadImage(small),
            bad::add);
    try (Batches batches = loader.batches()) {
      assertThat(batches.hasNext()).isFalse();
    }
    assertThat(bad).hasSize(2);
    assertThat(bad.get(0).reason()).contains("256 pixels");
  }

  /**
   * Makes a JPEG file of one grey, as every difference and every frequency is zero: with the one
   * code 0 for "no difference" and for "end of block", its data are zero bits (ITU T.81, annex F).
   * Chroma has half the width and height, so 16 x 16 pixels are six blocks of two bits.
   */
  static byte[] greyJpeg(int width, int height) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(hex("ffd8 ffdb0043 00" + "01".repeat(64)));
    file.writeBytes(hex("ffc00011 08"));
    file.writeBytes(new byte[] {(byte) (height >> 8), (byte) height});
    file.writeBytes(new byte[] {(byte) (width >> 8), (byte) width});
    file.writeBytes(hex("03 012200 021100 031100"));
    file.writeBytes(hex("ffc40014 00 01" + "00".repeat(15) + "00"));
    file.writeBytes(hex("ffc40014 10 01" + "00".repeat(15) + "00"));
    file.writeBytes(hex("ffda000c 03 0100 0200 0300 003f00"));
    long blocks = 6L * ((width + 15) / 16) * ((height + 15) / 16);
    byte[] zeros = new byte[(int) (2 * blocks / 8)];
    file.writeBytes(zeros);
    // The last bits are followed by ones.
    int rest = (int) (2 * blocks % 8);
    if (rest > 0) {
      file.write(0xff >> rest);
    }
    file.writeBytes(hex("ffd9"));
    return file.toByteArray();
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits.replace(" ", ""));
  }
}
