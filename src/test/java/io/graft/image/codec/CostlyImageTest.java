package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.graft.image.BadImageException;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** Small files whose headers ask for much memory or time. The files are made here. */
final class CostlyImageTest {

  private static final int SHORT = 3;
  private static final int LONG = 4;

  @Test
  void manyStripsCostNoMoreThanTheirBytes() throws BadImageException {
    int rows = 2000;
    int[] offsets = new int[rows];
    int[] lengths = new int[rows];
    ByteBuffer file = ByteBuffer.allocate(1 << 16);
    byte[] grey = new byte[rows];
    for (int i = 0; i < rows; i++) {
      grey[i] = (byte) i;
      offsets[i] = 8 + i;
      lengths[i] = 1;
    }
    long before = allocatedBytes();
    byte[] pixels =
        ImageDecoder.decode(
                tiff(
                    file,
                    grey,
                    new int[][] {
                      {256, LONG, 1}, {257, LONG, rows}, {258, SHORT, 8}, {259, SHORT, 1},
                      {262, SHORT, 1}, {273, LONG}, {278, LONG, 1}, {279, LONG}
                    },
                    offsets,
                    lengths))
            .pixels();
    assertThat(allocatedBytes() - before).isLessThan(4 << 20);
    for (int i = 0; i < rows; i++) {
      assertThat(pixels[3 * i]).isEqualTo((byte) i);
    }
  }

  @Test
  void tilesFarLargerThanTheImageAreRefused() {
    byte[] data = deflated(new byte[1 << 20]);
    // Each of the thousand tiles is a column of a million pixels.
    int[] offsets = new int[1000];
    int[] lengths = new int[1000];
    Arrays.fill(offsets, 8);
    Arrays.fill(lengths, data.length);
    int[][] tags = {
      {256, LONG, 1000},
      {257, LONG, 1},
      {258, SHORT, 8},
      {259, SHORT, 8},
      {262, SHORT, 1},
      {322, LONG, 1},
      {323, LONG, 1 << 20},
      {324, LONG},
      {325, LONG}
    };
    byte[] file = tiff(ByteBuffer.allocate(1 << 16), data, tags, offsets, lengths);
    refuses(file, "cannot be in");
  }

  @Test
  void valuesOfABigTiffAtTheEndOfTheAddressesAreAbsent() {
    ByteBuffer file = ByteBuffer.allocate(200);
    file.put((byte) 'M')
        .put((byte) 'M')
        .putShort((short) 43)
        .putShort((short) 8)
        .putShort((short) 0);
    file.putLong(16).putLong(3);
    entry(file, 256, LONG, 1, 1L << 32);
    entry(file, 257, LONG, 1, 1L << 32);
    entry(file, 258, 1, Integer.MAX_VALUE, Long.MAX_VALUE - 1);
    refuses(file.array(), "no strips");
  }

  @Test
  void jpegOfATiffStripThatClaimsManyRowsIsRefused() {
    byte[] jpeg =
        HexFormat.of()
            .parseHex(
                "ffd8ffc0000b08fff0800001011100ffda0008010100003f00" + "00".repeat(16) + "ffd9");
    int[][] tags = {
      {256, LONG, 0x8000},
      {257, LONG, 1},
      {258, SHORT, 8},
      {259, SHORT, 7},
      {262, SHORT, 1},
      {273, LONG, 8},
      {278, LONG, 1},
      {279, LONG, jpeg.length}
    };
    refuses(tiff(ByteBuffer.allocate(1024), jpeg, tags), "cannot be in");
  }

  @Test
  void losslessScanWithoutComponentsIsRefused() {
    String tables = "ffc40014" + "00" + "01" + "00".repeat(15) + "00";
    String scan = "ffda0006" + "00" + "010000";
    byte[] jpeg =
        HexFormat.of()
            .parseHex("ffd8ffc3000b080010001001011100" + tables + scan.repeat(3) + "ffd9");
    refuses(jpeg, "a scan of 0 components");
  }

  @Test
  void rowsOfAPngWithManyBitsAreRefusedBeforeAllocation() throws Exception {
    // One row of 16-bit RGBA takes 80 MB, which these 20 kB cannot become.
    ByteBuffer header = ByteBuffer.allocate(13).putInt(10_000_000).putInt(1);
    header.put(new byte[] {16, 6, 0, 0, 0});
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(HexFormat.of().parseHex("89504e470d0a1a0a"));
    BadImageTest.chunk(file, "IHDR", header.array());
    BadImageTest.chunk(file, "IDAT", deflated(new byte[20 << 20]));
    BadImageTest.chunk(file, "IEND", new byte[0]);
    refuses(file.toByteArray(), "cannot be in");
  }

  @Test
  void limitCountsThePixelsThatTheDecoderFinds() throws Exception {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(HexFormat.of().parseHex("89504e470d0a1a0a"));
    for (int width : new int[] {1, 40}) {
      ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(1).put((byte) 8);
      BadImageTest.chunk(png, "IHDR", header.array());
    }
    BadImageTest.chunk(png, "IDAT", deflated(new byte[41]));
    // Pillow 13 opens it with 40 x 1 pixels.
    BadImageTest.chunk(png, "IHDR", ByteBuffer.allocate(13).putInt(2).putInt(1).array());
    BadImageTest.chunk(png, "IEND", new byte[0]);
    assertThat(ImageDecoder.decode(png.toByteArray()).width()).isEqualTo(40);
    int[][] tags = {
      {254, LONG},
      {256, LONG, 40},
      {257, LONG, 1},
      {258, SHORT, 8},
      {259, SHORT, 1},
      {262, SHORT, 1},
      {273, LONG, 8},
      {278, LONG, 1},
      {279, LONG, 40}
    };
    byte[] tiff = tiff(ByteBuffer.allocate(1024), new byte[40], tags, new int[2]);
    // The values of the first tag are outside of the file.
    ByteBuffer.wrap(tiff).putInt(48 + 2 + 8, 1 << 20);
    assertThat(ImageDecoder.decode(tiff).width()).isEqualTo(40);
    for (byte[] file : List.of(png.toByteArray(), tiff)) {
      assertThatThrownBy(() -> ImageDecoder.decode(file, 39))
          .isInstanceOf(BadImageException.class)
          .hasMessageContaining("(40 pixels); at most 39");
    }
  }

  /** Requires that a file is refused, with little memory beside its pixels. */
  private static void refuses(byte[] file, String reason) {
    long before = allocatedBytes();
    assertThatThrownBy(() -> ImageDecoder.decode(file))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining(reason);
    assertThat(allocatedBytes() - before).isLessThan(48 << 20);
  }

  /** Writes a big-endian TIFF file. A tag without a value gets the next of the arrays. */
  private static byte[] tiff(ByteBuffer file, byte[] data, int[][] tags, int[]... arrays) {
    int array = 0;
    int directory = 8 + data.length + data.length % 2;
    int free = directory + 6 + 12 * tags.length;
    file.put((byte) 'M').put((byte) 'M').putShort((short) 42).putInt(directory).put(data);
    file.position(directory).putShort((short) tags.length);
    for (int[] tag : tags) {
      int[] values = tag.length > 2 ? new int[] {tag[2]} : arrays[array++];
      file.putShort((short) tag[0]).putShort((short) tag[1]).putInt(values.length);
      if (values.length == 1) {
        file.putInt(tag[1] == SHORT ? values[0] << 16 : values[0]);
        continue;
      }
      file.putInt(free);
      for (int value : values) {
        file.putInt(free, value);
        free += 4;
      }
    }
    byte[] result = new byte[Math.max(free, file.position())];
    file.get(0, result);
    return result;
  }

  private static void entry(ByteBuffer file, int tag, int type, long count, long value) {
    file.putShort((short) tag).putShort((short) type).putLong(count).putLong(value);
  }

  private static byte[] deflated(byte[] content) {
    Deflater deflater = new Deflater();
    deflater.setInput(content);
    deflater.finish();
    byte[] result = new byte[1 << 16];
    int length = deflater.deflate(result);
    deflater.end();
    return Arrays.copyOf(result, length);
  }

  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
