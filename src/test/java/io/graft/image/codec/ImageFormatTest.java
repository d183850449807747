package io.graft.image.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageFormatTest {

  @ParameterizedTest
  @CsvSource({
    "png_named.jpg,PNG",
    "grey.jpg,JPEG",
    "palette.gif,GIF",
    "rgb.bmp,BMP",
    "rgb.tif,TIFF",
    "lossless.webp,WEBP"
  })
  void formatIsDetectedFromSixteenBytes(String file, ImageFormat format) throws Exception {
    byte[] head = Arrays.copyOf(ImageDecoderTest.encoded(file), 16);
    assertThat(ImageFormat.sniff(head)).hasValue(format);
    assertThat(ImageFormat.sniff(Arrays.copyOf(head, 2))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "BMW builds cars.", "RIFF____WAVEfmt ", "<?xml version=1.0"})
  void otherContentHasNoFormat(String text) {
    assertThat(ImageFormat.sniff(text.getBytes(StandardCharsets.US_ASCII))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "a.jpg,true",
    "b/A.JPEG,true",
    "x.tar.png,true",
    ".webp,true",
    "readme.txt,false",
    "jpg,false",
    "/,false"
  })
  void imageNamesHaveAnImageExtension(Path file, boolean expected) {
    assertThat(ImageFormat.hasImageExtension(file)).isEqualTo(expected);
  }
}
