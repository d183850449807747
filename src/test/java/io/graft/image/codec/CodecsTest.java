package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.graft.GoldenTensors;
import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares WebP, TIFF and BMP of many kinds with Pillow. */
final class CodecsTest {

  private static final GoldenTensors PILLOW = GoldenTensors.open("/codecs/expected.safetensors.gz");

  static List<String> files() {
    return List.copyOf(PILLOW.names());
  }

  static List<String> webps() {
    return files().stream().filter(file -> file.endsWith(".webp")).toList();
  }

  private static byte[] encoded(String file) throws IOException {
    try (InputStream stream = CodecsTest.class.getResourceAsStream("/codecs/" + file)) {
      return stream.readAllBytes();
    }
  }

  private static int[] differences(RgbImage actual, RgbImage expected) {
    assertThat(actual.width()).isEqualTo(expected.width());
    assertThat(actual.height()).isEqualTo(expected.height());
    byte[] pixels = expected.pixels();
    return IntStream.range(0, pixels.length)
        .map(i -> Math.abs((actual.pixels()[i] & 0xff) - (pixels[i] & 0xff)))
        .toArray();
  }

  @ParameterizedTest
  @MethodSource("files")
  void pixelsEqualPillows(String file) throws Exception {
    assumeTrue(!isLossy(file) || LibWebp.fileName().isPresent(), "libwebp is not installed");
    int[] differences = differences(ImageDecoder.decode(encoded(file)), PILLOW.image(file));
    // Little CMS rounds in fixed point.
    int most = file.equals("lab.tif") ? 1 : 0;
    assertThat(IntStream.of(differences).max().orElseThrow()).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @MethodSource("webps")
  void webpWithoutTheLibraryIsEqualIfLosslessAndCloseIfLossy(String file) throws Exception {
    int[] differences = differences(WebpDecoder.decode(encoded(file), false), PILLOW.image(file));
    double mean = IntStream.of(differences).average().orElseThrow();
    // The noise in the picture's colours is more than a photograph's.
    assertThat(mean).isLessThanOrEqualTo(isLossy(file) ? 8 : 0);
  }

  private static boolean isLossy(String file) {
    return file.startsWith("lossy");
  }

  @ParameterizedTest
  @CsvSource({
    "refused_zstd.tif, zstd compression",
    "refused_lzma.tif, LZMA compression",
    "refused_jpegxl.tif, JPEG XL compression",
    "refused_float_rgb.tif, 3 samples of 32 bits",
    "refused_icc_lab.tif, ICC Lab",
    "refused_short.tif, cut off",
    "refused_lzw_short.tif, too short",
    "refused_lzw_cut.tif, too short",
    "refused_lzw_code.tif, LZW code",
    "refused_lzw_no_clear.tif, LZW code",
    "refused_packbits_short.tif, too short",
    "refused_packbits_cut.tif, too short",
    "refused_strips.tif, 3 strips or tiles; 1 were expected",
    "refused_444.bmp, unusual layout of colours"
  })
  void whatIsNotReadIsRefusedByName(String file, String name) throws Exception {
    byte[] encoded = encoded(file);
    assertThatThrownBy(() -> ImageDecoder.decode(encoded))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @MethodSource("files")
  void cutOffFileIsRefusedOrComplete(String file) throws Exception {
    byte[] encoded = encoded(file);
    RgbImage whole = ImageDecoder.decode(encoded);
    for (int part = 0; part < 12; part++) {
      byte[] cut = Arrays.copyOf(encoded, encoded.length * part / 12);
      try {
        assertThat(ImageDecoder.decode(cut)).isEqualTo(whole);
      } catch (BadImageException e) {
        assertThat(e).message().isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void damagedFileIsRefusedOrDecoded(String file) throws Exception {
    byte[] encoded = encoded(file);
    Random random = new Random(file.hashCode());
    for (int i = 0; i < 40; i++) {
      byte[] damaged = encoded.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        // Half of the damage is at the ends, where the headers and directories are.
        int at = random.nextInt(damaged.length);
        at = random.nextBoolean() ? at : Math.min(at, 60);
        damaged[random.nextBoolean() ? at : damaged.length - 1 - at] = (byte) random.nextInt(256);
      }
      try {
        assertThat(ImageDecoder.decode(damaged).pixels()).isNotEmpty();
      } catch (BadImageException e) {
        assertThat(e).message().isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiles_deflate.tif", "group3.tif", "planar_lzw.tif", "size_0.bmp"})
  void hugeClaimIsRefusedBeforeAllocation(String file) throws Exception {
    byte[] encoded = encoded(file);
    if (file.endsWith(".bmp")) {
      encoded[19] = encoded[23] = 0x30;
    } else {
      for (int tag : new int[] {TiffDirectory.WIDTH, TiffDirectory.HEIGHT}) {
        setLong(encoded, tag, 13_000);
      }
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThatThrownBy(() -> ImageDecoder.decode(encoded))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("cut off");
    long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    assertThat(after - before).isLessThan(64 << 20);
  }

  /** Sets a value of a little-endian TIFF file's directory. */
  private static void setLong(byte[] file, int tag, int value) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int directory = bytes.getInt(4);
    for (int i = 0; i < bytes.getShort(directory); i++) {
      int entry = directory + 2 + 12 * i;
      if (bytes.getShort(entry) == tag) {
        bytes.putShort(entry + 2, (short) 4).putInt(entry + 8, value);
      }
    }
  }

  @Test
  void webpWithWrongStructureIsRefused() throws Exception {
    byte[] unknownFlag = encoded("lossy_alpha.webp");
    unknownFlag[20]++;
    byte[] anotherSize = encoded("lossy_alpha.webp");
    anotherSize[24]++;
    byte[] trailing = Arrays.copyOf(encoded("lossy_75.webp"), encoded("lossy_75.webp").length + 2);
    trailing[4]++;
    trailing[4]++;
    for (byte[] file : List.of(unknownFlag, anotherSize, trailing)) {
      assertThatThrownBy(() -> ImageDecoder.decode(file))
          .isInstanceOf(BadImageException.class)
          .hasMessageContaining("the WebP file is damaged");
    }
  }

  @Test
  void storedRowsDependOnTheDecoderWhereDecodersDiffer() {
    assertThat(ImageDecoder.decoderOf(ImageFormat.WEBP))
        .isEqualTo(LibWebp.fileName().isPresent() ? "libwebp" : WebpDecoder.FALLBACK);
    assertThat(ImageDecoder.decoderOf(ImageFormat.JPEG)).isEmpty();
    assertThat(ImageDecoder.decoderOf(ImageFormat.PNG)).isEmpty();
  }
}
