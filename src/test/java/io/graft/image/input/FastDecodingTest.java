package io.graft.image.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.graft.image.Augmentation;
import io.graft.image.BadImageException;
import io.graft.image.Decode;
import io.graft.image.InputSpec;
import io.graft.image.InputView;
import io.graft.image.codec.ImageDecoder;
import io.graft.image.codec.JpegFile;
import io.graft.tensors.SafetensorsFile;
import io.graft.testing.Golden;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with the pixels of Pillow's {@code Image.draft} and {@code resize}. */
class FastDecodingTest {

  private static final InputSpec EXACT = InputSpec.TORCHVISION.withSize(32);
  private static final InputSpec FAST = EXACT.withDecode(Decode.FAST);

  @TempDir Path folder;

  @BeforeEach
  void needsTheLibrary() {
    assumeTrue(FastDecoding.isAvailable());
  }

  private static SafetensorsFile expected() {
    return SafetensorsFile.open(Golden.path("fast_expected.safetensors"));
  }

  private static Stream<String> names() {
    try (SafetensorsFile expected = expected()) {
      return List.copyOf(expected.tensors().keySet()).stream();
    }
  }

  private static Path file(String name) {
    return Golden.path("fast/" + name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void pixelsAreThoseOfPillow(String name) throws BadImageException {
    try (SafetensorsFile expected = expected()) {
      ByteBuffer pillow = expected.map(name);
      ByteBuffer pixels = ByteBuffer.allocateDirect(pillow.remaining());
      String[] words = name.split(" ");
      if (words.length == 1) {
        new InputImages(FAST).write(file(name), pixels);
      } else {
        assertThat(written(words, pixels)).isTrue();
      }
      assertThat(bytes(pixels.flip())).isEqualTo(bytes(pillow));
    }
  }

  private static boolean written(String[] words, ByteBuffer pixels) throws BadImageException {
    try (Workspace workspace = Workspace.take()) {
      ByteBuffer content = ImageDecoder.content(file(words[0]), workspace::file);
      int[] box = numbers(words[2]);
      int[] size = numbers(words[3]);
      InputView view =
          new InputView(
              box[0], box[1], box[2], box[3], size[0], size[1], 0, 0, size[0], size[1], false, 1, 1,
              1);
      return workspace.write(
          JpegFile.parse(content), Integer.parseInt(words[1]), List.of(view), pixels);
    }
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static byte[] views(InputSpec spec, Path file, int... numbers) throws BadImageException {
    ByteBuffer pixels = ByteBuffer.allocateDirect(numbers.length * spec.bytes());
    try (OpenImage image = new InputImages(spec).open(file)) {
      for (int number : numbers) {
        image.add(number == 0 ? Augmentation.NONE : Augmentation.STRONG, number);
      }
      image.write(pixels);
    }
    return bytes(pixels.flip());
  }

  @Test
  void viewsDoNotDependOnTheViewsThatAreWrittenWithThem() throws BadImageException {
    Path file = file("eighth_420.jpg");
    int[] numbers = {5, 0, 1, 2, 3, 4, 6, 7};
    byte[] together = views(FAST, file, numbers);
    for (int i = 0; i < numbers.length; i++) {
      byte[] one = Arrays.copyOfRange(together, i * FAST.bytes(), (i + 1) * FAST.bytes());
      assertThat(one).isEqualTo(views(FAST, file, numbers[i]));
    }
    assertThat(together).isNotEqualTo(views(EXACT, file, numbers));
  }

  @Test
  void imagesThatAreNotLargeAreDecodedExactly() throws BadImageException {
    Path small = file("whole_420.jpg");
    assertThat(views(FAST, small, 0, 1, 2)).isEqualTo(views(EXACT, small, 0, 1, 2));
    assertThat(isLarge(small)).isFalse();
    assertThat(isLarge(file("half_420.jpg"))).isTrue();
    assertThat(isLarge(Golden.path("pnm/rgb.ppm"))).isFalse();
  }

  private static boolean isLarge(Path file) throws BadImageException {
    try (OpenImage image = new InputImages(EXACT).open(file)) {
      return image.isLarge();
    }
  }

  @Test
  void fileThatExactDecodingRefusesIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(file("eighth_420.jpg"));
    byte[] cut = Arrays.copyOf(whole, whole.length * 2 / 3);
    cut[cut.length - 2] = (byte) 0xff;
    cut[cut.length - 1] = (byte) 0xd9;
    Path file = Files.write(folder.resolve("cut.jpg"), cut);
    for (InputSpec spec : new InputSpec[] {EXACT, FAST}) {
      assertThatThrownBy(() -> views(spec, file, 0)).isInstanceOf(BadImageException.class);
    }
  }
}
