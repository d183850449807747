package io.graft.image.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.graft.image.Augmentation;
import io.graft.image.BadImageException;
import io.graft.image.InputSpec;
import io.graft.image.RgbImage;
import io.graft.image.codec.ImageDecoder;
import io.graft.testing.Golden;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the C library with the Java classes, which are compared with Pillow elsewhere. */
class NativeImagesTest {

  private static final List<InputSpec> SPECS =
      List.of(
          InputSpec.TORCHVISION.withSize(32),
          InputSpec.KERAS_CAFFE.withSize(33),
          InputSpec.centred(7),
          InputSpec.TORCHVISION);

  private static final List<Augmentation> AUGMENTATIONS =
      List.of(Augmentation.NONE, Augmentation.FLIP, Augmentation.CROP, Augmentation.STRONG);

  @TempDir Path folder;

  @BeforeEach
  void needsTheLibrary() {
    assumeTrue(NativeImages.isPresent(), "the C library is not used");
  }

  /** A way to write the views of an image. */
  private interface Way {
    boolean write(OpenImage image, ByteBuffer destination) throws BadImageException;
  }

  private static final Way NATIVE = OpenImage::writeNatively;

  private static final Way JAVA =
      (image, destination) -> {
        image.writeByJava(destination);
        return true;
      };

  /** Returns the views that each augmentation draws with a seed; empty if they are refused. */
  private static Optional<ByteBuffer> views(
      byte[] encoded, InputSpec spec, List<Augmentation> augmentations, long seed, Way way) {
    int bytes = augmentations.size() * spec.bytes();
    ByteBuffer pixels =
        way == NATIVE ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
    try (OpenImage image = new OpenImage(new InputImages(spec))) {
      image.with(image.buffer(encoded.length).put(encoded).flip());
      for (int i = 0; i < augmentations.size(); i++) {
        image.add(augmentations.get(i), seed + i);
      }
      return way.write(image, pixels) ? Optional.of(pixels.flip()) : Optional.empty();
    } catch (BadImageException e) {
      return Optional.empty();
    }
  }

  private static byte[] bytes(ByteBuffer pixels) {
    byte[] bytes = new byte[pixels.limit()];
    pixels.get(0, bytes);
    return bytes;
  }

  private static void requireEqual(byte[] encoded, InputSpec spec, long seed) {
    if (!NativeImages.isPresent()) {
      // jqwik counts a broken assumption as a failure.
      return;
    }
    Optional<ByteBuffer> c = views(encoded, spec, AUGMENTATIONS, seed, NATIVE);
    assertThat(c).as("the library decodes it").isPresent();
    assertThat(c).isEqualTo(views(encoded, spec, AUGMENTATIONS, seed, JAVA));
  }

  static Stream<Path> fixtures() throws IOException {
    try (Stream<Path> files = Files.walk(Golden.path("formats"))) {
      return files.filter(Files::isRegularFile).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void fixturesGiveTheSameBytes(Path file) throws Exception {
    byte[] encoded = Files.readAllBytes(file);
    for (InputSpec spec : SPECS) {
      Optional<ByteBuffer> c = views(encoded, spec, AUGMENTATIONS, 1, NATIVE);
      Optional<ByteBuffer> java = views(encoded, spec, AUGMENTATIONS, 1, JAVA);
      if (c.isPresent()) {
        assertThat(c).isEqualTo(java);
      }
      // The public door: C, or Java's decoder with the C resize.
      ByteBuffer pixels = ByteBuffer.allocateDirect(spec.bytes());
      new InputImages(spec).write(file, pixels);
      assertThat(bytes(pixels)).isEqualTo(Arrays.copyOf(bytes(java.orElseThrow()), spec.bytes()));
    }
  }

  @Provide
  Arbitrary<String> samplings() {
    return Arbitraries.of("1x1", "2x1", "2x2", "grey");
  }

  @Provide
  Arbitrary<InputSpec> specs() {
    return Arbitraries.of(SPECS);
  }

  @Property(tries = 150)
  void imagesOfAnyKindGiveTheSameBytes(
      @ForAll @IntRange(min = 1, max = 120) int width,
      @ForAll @IntRange(min = 1, max = 120) int height,
      @ForAll("samplings") String sampling,
      @ForAll boolean progressive,
      @ForAll @IntRange(max = 9) int restart,
      @ForAll @IntRange(min = 1, max = 8) int orientation,
      @ForAll @IntRange(min = 1, max = 100) int percent,
      @ForAll("specs") InputSpec spec,
      @ForAll long seed) {
    byte[] encoded =
        new Jpegs(width, height, sampling, progressive, restart, orientation, percent / 100f, seed)
            .encode();
    requireEqual(encoded, spec, seed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1x1", "2x1", "2x2", "grey"})
  void photographsGiveTheSameBytes(String sampling) {
    for (int orientation = 1; orientation <= 8; orientation++) {
      byte[] encoded =
          new Jpegs(517, 389, sampling, orientation == 2, 0, orientation, 0.8f, 3).encode();
      requireEqual(encoded, InputSpec.TORCHVISION, orientation);
    }
  }

  @Property(tries = 300)
  void damagedFilesGiveTheSameBytesOrAreRefused(
      @ForAll("samplings") String sampling,
      @ForAll boolean progressive,
      @ForAll @IntRange(max = 3) int restart,
      @ForAll @IntRange(max = 3) int flips,
      @ForAll boolean cut,
      @ForAll long seed) {
    Random random = new Random(seed);
    byte[] encoded = new Jpegs(70, 50, sampling, progressive, restart, 1, 0.7f, seed).encode();
    for (int i = 0; i < flips; i++) {
      encoded[2 + random.nextInt(encoded.length - 2)] = (byte) random.nextInt(256);
    }
    if (cut) {
      encoded = Arrays.copyOf(encoded, 2 + random.nextInt(encoded.length - 2));
      encoded[encoded.length - 2] = (byte) 0xff;
      encoded[encoded.length - 1] = (byte) 0xd9;
    }
    InputSpec spec = SPECS.get(0);
    Optional<ByteBuffer> c = views(encoded, spec, AUGMENTATIONS, seed, NATIVE);
    if (c.isPresent()) {
      assertThat(c).isEqualTo(views(encoded, spec, AUGMENTATIONS, seed, JAVA));
    }
  }

  /** Versions of libjpeg smooth the blocks of such a file in different ways. */
  @Test
  void progressiveFileWithoutItsLastScanIsLeftToJava() {
    byte[] encoded = new Jpegs(70, 50, "2x2", true, 0, 1, 0.7f, 1).encode();
    int scan = encoded.length - 2;
    while ((encoded[scan] & 0xff) != 0xff || (encoded[scan + 1] & 0xff) != 0xda) {
      scan--;
    }
    byte[] shorter = Arrays.copyOf(encoded, scan + 2);
    shorter[scan + 1] = (byte) 0xd9;
    assertThat(views(encoded, SPECS.get(0), AUGMENTATIONS, 1, NATIVE)).isPresent();
    assertThat(views(shorter, SPECS.get(0), AUGMENTATIONS, 1, NATIVE)).isEmpty();
    assertThat(views(shorter, SPECS.get(0), AUGMENTATIONS, 1, JAVA)).isPresent();
  }

  @Test
  void javasDecoderAloneSaysWhatIsWrong() {
    byte[] half = Arrays.copyOf(Jpegs.of(64, 64).encode(), 900);
    ByteBuffer pixels = ByteBuffer.allocateDirect(SPECS.get(0).bytes());
    assertThatThrownBy(() -> new InputImages(SPECS.get(0)).write(half, pixels))
        .isInstanceOf(BadImageException.class)
        .hasMessage("the JPEG data is cut off: it has no end marker");
  }

  @Test
  void imageAboveTheLimitIsRefused() throws Exception {
    Path file = Files.write(folder.resolve("a.jpg"), Jpegs.of(20, 10).encode());
    ByteBuffer pixels = ByteBuffer.allocateDirect(SPECS.get(0).bytes());
    new InputImages(SPECS.get(0), 200).write(file, pixels);
    assertThatThrownBy(() -> new InputImages(SPECS.get(0), 199).write(file, pixels.clear()))
        .isInstanceOf(BadImageException.class)
        .hasMessageContaining("at most 199 pixels");
  }

  @Test
  void nothingIsWrittenBeyondABufferThatIsTooSmall() {
    InputSpec spec = SPECS.get(0);
    InputImages inputs = new InputImages(spec);
    byte[] encoded = Jpegs.of(40, 30).encode();
    ByteBuffer whole = ByteBuffer.allocateDirect(2 * spec.bytes());
    ByteBuffer small = whole.slice(0, spec.bytes() - 1);
    assertThatThrownBy(() -> inputs.write(encoded, small))
        .isInstanceOf(BufferOverflowException.class);
    RgbImage image = new RgbImage(1, 1, new byte[] {9, 9, 9});
    assertThatThrownBy(() -> inputs.write(image, small))
        .isInstanceOf(BufferOverflowException.class);
    assertThatThrownBy(() -> inputs.write(image, whole.asReadOnlyBuffer()))
        .isInstanceOf(ReadOnlyBufferException.class);
    assertThat(bytes(whole)).containsOnly(0);
  }

  @Test
  void imageThatIsClosedTwiceGivesItsMemoryBackOnce() {
    InputImages inputs = new InputImages(SPECS.get(0));
    OpenImage closed = new OpenImage(inputs).with(ByteBuffer.allocateDirect(1));
    closed.close();
    closed.close();
    try (OpenImage one = new OpenImage(inputs);
        OpenImage other = new OpenImage(inputs)) {
      assertThat(one.buffer(4).put(0, (byte) 1)).isNotEqualTo(other.buffer(4).put(0, (byte) 2));
    }
    assertThatThrownBy(closed::content).isInstanceOf(NullPointerException.class);
  }

  @Test
  void decodedImagesAreResizedToTheSameBytes() {
    byte[] random = new byte[3 * 301 * 207];
    new Random(5).nextBytes(random);
    RgbImage image = new RgbImage(301, 207, random);
    for (InputSpec spec : SPECS) {
      ByteBuffer c = ByteBuffer.allocateDirect(spec.bytes());
      new InputImages(spec).write(image, c);
      ByteBuffer java = ByteBuffer.allocate(spec.bytes());
      spec.write(image, java);
      assertThat(bytes(c)).isEqualTo(bytes(java));
    }
  }

  @Test
  void extremelyLongImageIsMadeInJava() {
    RgbImage line = new RgbImage(30_000_000, 1, new byte[90_000_000]);
    ByteBuffer pixels = ByteBuffer.allocateDirect(InputSpec.TORCHVISION.bytes());
    new InputImages(InputSpec.TORCHVISION).write(line, pixels);
    assertThat(bytes(pixels)).containsOnly(0);
  }

  @Test
  void imagesLeaveAlmostNoGarbage() throws Exception {
    Path file =
        Files.write(
            folder.resolve("a.jpg"), new Jpegs(600, 400, "2x2", false, 0, 6, 0.9f, 1).encode());
    InputImages inputs = new InputImages(InputSpec.TORCHVISION);
    ByteBuffer pixels = ByteBuffer.allocateDirect(InputSpec.TORCHVISION.bytes());
    int images = 200;
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long before = allocatedBytes();
      for (int i = 0; i < images; i++) {
        inputs.write(file, pixels.clear());
      }
      least = Math.min(least, (allocatedBytes() - before) / images);
    }
    assertThat(least).isLessThan(4096);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void fileIsReadDespiteAnInterrupt() throws Exception {
    Path file = Files.write(folder.resolve("a.jpg"), Jpegs.of(40, 30).encode());
    ByteBuffer pixels = ByteBuffer.allocateDirect(SPECS.get(0).bytes());
    new InputImages(SPECS.get(0)).write(file, pixels);
    byte[] expected = bytes(pixels);
    Thread.currentThread().interrupt();
    new InputImages(SPECS.get(0)).write(file, pixels.clear());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(bytes(pixels)).isEqualTo(expected);
    assertThat(ImageDecoder.read(file).width()).isEqualTo(40);
  }
}
