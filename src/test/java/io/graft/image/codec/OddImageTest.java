package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.GoldenTensors;
import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Compares files with odd metadata, headers and data with what Pillow reads or refuses. */
final class OddImageTest {

  private static final GoldenTensors PILLOW =
      GoldenTensors.open("/golden/odd_images.safetensors.gz");

  private static final String PIXELS = ".pixels";

  private static List<String> files(String ending) {
    return PILLOW.names().stream().filter(name -> name.endsWith(ending)).toList();
  }

  @Test
  void jpegFilesAreReadAsPillowDoesWithAndWithoutTheLibrary() {
    assertThat(failures(".jpg", file -> JpegDecoder.decode(file, true))).isEmpty();
    assertThat(failures(".jpg", file -> JpegDecoder.decode(file, false))).isEmpty();
  }

  @Test
  void pngFilesAreReadAsPillowDoes() {
    assertThat(failures(".png", ImageDecoder::decode)).isEmpty();
  }

  @Test
  void orientationOfTiffFilesIsPillows() {
    assertThat(failures(".tif", ImageDecoder::decode)).isEmpty();
  }

  @Test
  void orientationOfWebpFilesIsPillows() {
    assertThat(failures(".webp", ImageDecoder::decode)).isEmpty();
  }

  @FunctionalInterface
  private interface Decoding {
    RgbImage decode(byte[] file) throws BadImageException, IOException;
  }

  /** Returns the files whose result is not Pillow's, sorted, with what differs. */
  private static Set<String> failures(String ending, Decoding decoding) {
    Set<String> failures = new TreeSet<>();
    List<String> files = files(ending);
    assertThat(files).isNotEmpty();
    for (String file : files) {
      String difference = difference(file, decoding);
      if (!difference.isEmpty()) {
        failures.add(file + ": " + difference);
      }
    }
    return failures;
  }

  private static String difference(String file, Decoding decoding) {
    boolean read = PILLOW.names().contains(file + PIXELS);
    RgbImage actual;
    try {
      actual = decoding.decode(PILLOW.bytes(file));
    } catch (BadImageException | IOException | RuntimeException e) {
      return read ? "refused: " + e : "";
    }
    if (!read) {
      return "read, though Pillow refuses it";
    }
    RgbImage expected = PILLOW.image(file + PIXELS);
    if (actual.width() != expected.width() || actual.height() != expected.height()) {
      return actual + " instead of " + expected;
    }
    int worst =
        IntStream.range(0, expected.pixels().length)
            .map(i -> Math.abs((actual.pixels()[i] & 0xff) - (expected.pixels()[i] & 0xff)))
            .max()
            .orElseThrow();
    return worst > 0 ? "differs by up to " + worst : "";
  }
}
