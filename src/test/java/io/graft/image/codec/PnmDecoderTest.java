package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.GoldenTensors;
import io.graft.image.BadImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Netpbm files, and files of formats that are not read; {@code make_pnm.py} runs Pillow. */
final class PnmDecoderTest {

  private static final GoldenTensors PILLOW =
      GoldenTensors.open("/golden/pnm_expected.safetensors");

  static List<String> files() {
    return List.copyOf(PILLOW.names());
  }

  private static byte[] encoded(String file) throws IOException {
    try (InputStream stream = PnmDecoderTest.class.getResourceAsStream("/golden/pnm/" + file)) {
      return stream.readAllBytes();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void pixelsEqualPillows(String file) throws Exception {
    byte[] encoded = encoded(file);
    assertThat(ImageFormat.sniff(encoded)).hasValue(ImageFormat.PPM);
    assertThat(ImageDecoder.decode(encoded)).isEqualTo(PILLOW.image(file));
  }

  @ParameterizedTest
  @CsvSource({
    "cut.ppm,cut off",
    "cut_16_bits.pgm,cut off",
    "cut_bitmap.pbm,cut off",
    "cut_plain.ppm,cut off",
    "cut_plain_bitmap.pbm,cut off",
    "cut_header.ppm,cut off",
    "largest_0.pgm,largest value of 0",
    "largest_65536.pgm,largest value of 65536",
    "letters.ppm,'x'",
    "negative.pgm,-1",
    "above.pgm,value 10",
    "long_number.pgm,00000000001",
    "long_size.pgm,00000000001",
    "three_in_bitmap.pbm,'3'",
    "empty.pgm,0 x 3"
  })
  void whatPillowRefusesIsRefused(String file, String reason) {
    assertThatThrownBy(() -> ImageDecoder.decode(encoded(file)))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void textThatBeginsLikeANetpbmFileIsNone() {
    for (String text : new String[] {"P5 is a road.", "P1 2 lanes", "P6", "P56 7 8"}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      assertThat(ImageFormat.sniff(bytes)).isEmpty();
    }
  }

  /** The first bytes as file(1) and the formats' specifications have them. */
  @ParameterizedTest
  @CsvSource({
    "0000001c66747970 68656963 00000000,HEIC",
    "00000018667479706d696631 000000006d69663168656963,HEIC",
    "0000001c66747970 61766966 00000000,AVIF",
    "0000002066747970 6d696631 000000006d69663161766966,AVIF",
    "3c737667 20786d6c6e733d,SVG",
    "efbbbf3c3f786d6c2076657273696f6e3d22312e30223f3e0a3c737667,SVG",
    "49492a00100000004352 0200,RAW",
    "000000186674797063727820,RAW",
    "46554a4946494c4d4343442d524157,RAW",
    "4949550018000000,RAW",
    "4949524f08000000,RAW",
    "0000000c4a584c200d0a870a,JPEG XL",
    "ff0afa7f,JPEG XL",
    "0000000c6a5020200d0a870a,JPEG 2000",
    "ff4fff51,JPEG 2000",
    "38425053,PSD",
    "00000100010010100000 0100,ICO",
    "255044462d312e34,PDF",
    "0000002066747970 69736f6d,video",
    "1a45dfa3,video"
  })
  void unreadContentIsNamed(String hexadecimal, String title) {
    byte[] head = HexFormat.of().parseHex(hexadecimal.replace(" ", ""));
    byte[] whole = Arrays.copyOf(head, 80);
    assertThat(UnreadFormat.of(Path.of("photo.jpg"), whole))
        .map(UnreadFormat::title)
        .hasValue(title);
    assertThatThrownBy(() -> ImageDecoder.decode(whole))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("the format is " + title);
  }

  @Test
  void rawPhotographIsNotTakenForItsPreview(@TempDir Path folder) throws Exception {
    byte[] tiff = ImageDecoderTest.encoded("rgb.tif");
    Path raw = Files.write(folder.resolve("IMG.NEF"), tiff);
    assertThatThrownBy(() -> ImageDecoder.read(raw))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("RAW", "convert it");
    assertThat(UnreadFormat.of(Path.of("scan.tif"), tiff)).isEmpty();
    // The content decides: a JPEG file with this name is read.
    Path jpeg = Files.write(folder.resolve("x.dng"), ImageDecoderTest.encoded("grey.jpg"));
    assertThat(ImageDecoder.read(jpeg).width()).isPositive();
  }
}
