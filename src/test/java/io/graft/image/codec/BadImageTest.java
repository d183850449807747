package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class BadImageTest {

  private static final List<String> MAGIC =
      List.of(
          "\u00ff\u00d8\u00ff\u00e0",
          "\u00ff\u00d8\u00ff\u00c0\0\u0011\b\0\u0010\0\u0010\u0003\u0001\u0011\0",
          "\u0089PNG\r\n\u001a\n\0\0\0\rIHDR",
          "GIF89a",
          "GIF87a\u0008\0\u0008\0\0\0\0,\0\0\0\0\u0008\0\u0008\0\0\u0002",
          "BM\0\0\0\0\0\0\0\06\0\0\0(\0\0\0",
          "II*\0\b\0\0\0",
          "MM\0*\0\0\0\b",
          "RIFF\u00ff\0\0\0WEBPVP8L",
          "RIFF\u00ff\0\0\0WEBPVP8 ",
          "P6 9 9 300\n",
          "P2 2 2 9 1 ",
          "P1 9 9 0");

  static List<String> files() {
    return ImageDecoderTest.files();
  }

  /** Cuts at every percent of the length, and at each of the last bytes. */
  @ParameterizedTest
  @MethodSource("files")
  void cutOffFileIsRefusedOrComplete(String file) throws Exception {
    byte[] encoded = ImageDecoderTest.encoded(file);
    RgbImage whole = ImageDecoder.decode(encoded);
    int refused = 0;
    int step = Math.max(1, encoded.length / 100);
    for (int length = 0; length < encoded.length; ) {
      try {
        assertThat(ImageDecoder.decode(Arrays.copyOf(encoded, length)))
            .as("%s cut to %d of %d bytes", file, length, encoded.length)
            .isEqualTo(whole);
      } catch (BadImageException e) {
        assertThat(e).message().isNotBlank();
        refused++;
      }
      length += length + step < encoded.length - 8 ? step : 1;
    }
    // Half of the animated file holds later frames, which are not decoded.
    assertThat(refused).isGreaterThan(file.equals("animated.gif") ? 40 : 80);
  }

  @ParameterizedTest
  @MethodSource("files")
  void damagedFileIsRefusedOrDecoded(String file) throws Exception {
    byte[] encoded = ImageDecoderTest.encoded(file);
    Random random = new Random(file.hashCode());
    for (int i = 0; i < 60; i++) {
      byte[] damaged = encoded.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        // Half of the damage is in the headers.
        int range = random.nextBoolean() ? Math.min(100, damaged.length) : damaged.length;
        damaged[random.nextInt(range)] = (byte) random.nextInt(256);
      }
      decodeOrRefuse(damaged);
    }
  }

  @Property(tries = 2000)
  void randomBytesAfterAMagicNumberAreRefusedOrDecoded(@ForAll("magic") byte[] encoded) {
    decodeOrRefuse(encoded);
  }

  @Provide
  Arbitrary<byte[]> magic() {
    Arbitrary<byte[]> tail = Arbitraries.bytes().array(byte[].class).ofMaxSize(400);
    return Combinators.combine(Arbitraries.of(MAGIC), tail)
        .as(
            (magic, bytes) -> {
              byte[] head = magic.getBytes(StandardCharsets.ISO_8859_1);
              byte[] all = Arrays.copyOf(head, head.length + bytes.length);
              System.arraycopy(bytes, 0, all, head.length, bytes.length);
              return all;
            });
  }

  private static void decodeOrRefuse(byte[] encoded) {
    try {
      assertThat(ImageDecoder.decode(encoded).pixels()).isNotEmpty();
    } catch (BadImageException e) {
      assertThat(e).message().isNotBlank();
    }
  }

  @Test
  void emptyFileIsReported() {
    assertThatThrownBy(() -> ImageDecoder.decode(new byte[0]))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("empty");
  }

  @Test
  void textFileIsRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("note.jpg");
    Files.writeString(file, "BMW wrote this, and it is no image.");
    assertThatThrownBy(() -> ImageDecoder.read(file))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("not JPEG, PNG, GIF, BMP, TIFF, WebP or PPM");
  }

  @Test
  void halfOfAJpegFileIsRefused() throws IOException {
    byte[] encoded = ImageDecoderTest.encoded("rgb_444.jpg");
    assertThatThrownBy(() -> ImageDecoder.decode(Arrays.copyOf(encoded, encoded.length / 2)))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void halfOfAJpegFileWithAnEndMarkerIsRefused() throws IOException {
    byte[] encoded = ImageDecoderTest.encoded("rgb_444.jpg");
    byte[] half = Arrays.copyOf(encoded, encoded.length / 2);
    half[half.length - 2] = (byte) 0xff;
    half[half.length - 1] = (byte) 0xd9;
    assertThatThrownBy(() -> ImageDecoder.decode(half))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void unreadableFileIsReportedWithTheReason(@TempDir Path folder) {
    assertThatThrownBy(() -> ImageDecoder.read(folder))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("folder");
    assertThatThrownBy(() -> ImageDecoder.read(folder.resolve("missing.jpg")))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void hugeDeclaredSizesAreRefusedBeforeAllocation() throws IOException {
    byte[] tooLarge = pngHeader(30_000, 30_000);
    byte[] tooShort = pngHeader(9_999, 9_999);
    long before = allocatedBytes();
    assertThatThrownBy(() -> ImageDecoder.decode(tooLarge))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("900 megapixels")
        .hasMessageContaining("at most 178956970 pixels");
    assertThatThrownBy(() -> ImageDecoder.decode(tooShort))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("cut off");
    assertThat(allocatedBytes() - before).isLessThan(16 << 20);
  }

  @Test
  void hugeDeclaredSizesOfJpegAndGifFilesAreRefused() throws IOException {
    byte[] jpeg = ImageDecoderTest.encoded("rgb_444.jpg");
    for (int i = 0; i < jpeg.length - 8; i++) {
      if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == 0xc0) {
        Arrays.fill(jpeg, i + 5, i + 9, (byte) 0x70);
        break;
      }
    }
    assertThatThrownBy(() -> ImageDecoder.decode(jpeg))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("829 megapixels");
    byte[] gif = ImageDecoderTest.encoded("palette.gif");
    Arrays.fill(gif, 6, 10, (byte) 0x70);
    assertThatThrownBy(() -> ImageDecoder.decode(gif))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("829 megapixels");
  }

  @Test
  void webpCanvasLargerThanItsImageIsRefused() throws IOException {
    byte[] webp = ImageDecoderTest.encoded("orientation_6.webp");
    webp[28] = 0x15;
    assertThatThrownBy(() -> ImageDecoder.decode(webp))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("different sizes");
  }

  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  private static byte[] pngHeader(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(header);
    data.writeInt(width);
    data.writeInt(height);
    data.write(new byte[] {8, 2, 0, 0, 0});
    chunk(bytes, "IHDR", header.toByteArray());
    chunk(bytes, "IDAT", new byte[] {0x78, (byte) 0x9c, 1, 0});
    chunk(bytes, "IEND", new byte[0]);
    return bytes.toByteArray();
  }

  static void chunk(ByteArrayOutputStream bytes, String type, byte[] content) throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(content);
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeInt(content.length);
    data.write(name);
    data.write(content);
    data.writeInt((int) crc.getValue());
  }
}
