package io.graft.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import io.graft.runtime.SplitMix64;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureSetTest {

  @TempDir Path root;

  /** The digest is of the pixels that the bundled backbone was trained on. */
  @Test
  void sameSeedGivesTheSamePixelsOnEveryMachine() throws NoSuchAlgorithmException {
    PictureSet set = new PictureSet(60, 2, 48, 7);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int index = 0; index < set.classes(); index++) {
      for (int number = 0; number < set.perClass(); number++) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * 48 * 48);
        bytes.asIntBuffer().put(set.pixels(index, number));
        digest.update(bytes);
      }
    }

    assertThat(HexFormat.of().formatHex(digest.digest()))
        .isEqualTo("28955da49090d2811761039d95c17872397955118f3879a9c0dee5ec7a199e4f");
  }

  @Test
  void writesAFolderForEachClassAndAJpegForEachPicture() throws IOException {
    PictureSet set = new PictureSet(12, 3, 32, 1);
    AtomicInteger reported = new AtomicInteger();
    set.write(root.resolve("set"), done -> reported.accumulateAndGet(done, Math::max));

    assertThat(reported).hasValue(36);
    List<Path> files = files(root.resolve("set"));
    assertThat(files).hasSize(36);
    assertThat(files.get(0)).isEqualTo(root.resolve("set/c00/000.jpg"));
    assertThat(files.get(35)).isEqualTo(root.resolve("set/c11/002.jpg"));
    Set<Integer> contents = new HashSet<>();
    for (Path file : files) {
      BufferedImage image = ImageIO.read(file.toFile());
      assertThat(image.getWidth()).isEqualTo(32);
      assertThat(image.getHeight()).isEqualTo(32);
      assertThat(contents.add(Arrays.hashCode(Files.readAllBytes(file)))).as("%s", file).isTrue();
    }
    assertThat(root).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void filesHaveAlmostTheSamePixels() throws IOException {
    PictureSet set = new PictureSet(3, 2, 64, 5);
    set.write(root.resolve("set"), done -> {});
    for (int index = 0; index < 3; index++) {
      for (int number = 0; number < 2; number++) {
        Path file = root.resolve("set/c" + index + "/00" + number + ".jpg");
        int[] decoded = ImageIO.read(file.toFile()).getRGB(0, 0, 64, 64, null, 0, 64);
        assertThat(meanDifference(decoded, set.pixels(index, number)))
            .as("%s", file)
            .isLessThan(16);
      }
    }
  }

  @Test
  void largerSetStartsWithTheSmallerSet() {
    assertThat(new PictureSet(500, 90, 40, 3).pixels(4, 2))
        .isEqualTo(new PictureSet(5, 3, 40, 3).pixels(4, 2));
  }

  @Test
  void seedClassAndNumberChangeThePixels() {
    int[] pixels = new PictureSet(2, 2, 32, 3).pixels(0, 0);
    assertThat(new PictureSet(2, 2, 32, 4).pixels(0, 0)).isNotEqualTo(pixels);
    assertThat(new PictureSet(2, 2, 32, 3).pixels(1, 0)).isNotEqualTo(pixels);
    assertThat(new PictureSet(2, 2, 32, 3).pixels(0, 1)).isNotEqualTo(pixels);
  }

  /** Compares the centres, which show objects in colours that depend on the class. */
  @Test
  void picturesOfOneClassAreMoreSimilarThanOfTwoClasses() {
    PictureSet set = new PictureSet(40, 12, 32, 9);
    List<float[]> centres = new ArrayList<>();
    for (int index = 0; index < set.classes(); index++) {
      for (int number = 0; number < set.perClass(); number++) {
        centres.add(centreColour(set.pixels(index, number)));
      }
    }
    double within = 0;
    double between = 0;
    int pairsWithin = 0;
    int pairsBetween = 0;
    for (int i = 0; i < centres.size(); i++) {
      for (int j = 0; j < i; j++) {
        double distance = distance(centres.get(i), centres.get(j));
        if (i / set.perClass() == j / set.perClass()) {
          within += distance;
          pairsWithin++;
        } else {
          between += distance;
          pairsBetween++;
        }
      }
    }
    assertThat(within / pairsWithin).isLessThan(0.85 * between / pairsBetween);
  }

  @Test
  void everyPictureHasManyColours() {
    PictureSet set = new PictureSet(100, 2, 32, 11);
    for (int index = 0; index < set.classes(); index++) {
      for (int number = 0; number < set.perClass(); number++) {
        int[] pixels = set.pixels(index, number);
        double green = Arrays.stream(pixels).map(pixel -> pixel >> 8 & 255).average().orElseThrow();
        assertThat(green).as("class %d, picture %d", index, number).isBetween(2.0, 253.0);
        assertThat(Arrays.stream(pixels).distinct().count()).isGreaterThan(100);
      }
    }
  }

  @Test
  void existingFolderIsRefusedAndUnchanged() throws IOException {
    Path folder = Files.createDirectory(root.resolve("set"));
    Files.writeString(folder.resolve("notes.txt"), "mine");

    assertThatThrownBy(() -> new PictureSet(1, 1, 32, 1).write(folder, done -> {}))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("already");
    assertThat(folder.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void unwritableFolderIsRefused() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "");

    assertThatThrownBy(() -> new PictureSet(1, 1, 32, 1).write(file.resolve("set"), done -> {}))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("Cannot write");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 32, classes",
    "100001, 1, 32, classes",
    "1, 0, 32, pictures per class",
    "1, 1, 15, size",
    "1, 1, 1025, size",
    "100000, 100000, 32, 10,000,000,000 pictures"
  })
  void numbersOutOfRangeAreRefused(int classes, int perClass, int size, String part) {
    assertThatThrownBy(() -> new PictureSet(classes, perClass, size, 1))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining(part);
  }

  @Test
  void randomStreamIsSplitmix64() {
    // java.util.SplittableRandom is the same generator, by the authors of splitmix64.
    RandomStream stream = new RandomStream(5);
    java.util.SplittableRandom reference =
        new java.util.SplittableRandom(SplitMix64.mix(5 + 0x9e3779b97f4a7c15L));
    for (int i = 0; i < 100; i++) {
      assertThat(stream.next()).isEqualTo(reference.nextDouble());
    }
  }

  @Test
  void tablesAndPolynomialsApproximateTheFunctions() {
    for (int i = 0; i < 1000; i++) {
      double turns = -1.5 + i / 300.0;
      assertThat((double) Numbers.sine((float) turns))
          .isCloseTo(Math.sin(2 * Math.PI * turns), within(0.002));
      double expected = turns - Math.floor(turns);
      float found =
          Numbers.turns(
              (float) Math.cos(2 * Math.PI * turns), (float) Math.sin(2 * Math.PI * turns));
      assertThat(Math.abs(Math.IEEEremainder(found - expected, 1))).isLessThan(0.0008);
    }
  }

  private static double meanDifference(int[] first, int[] second) {
    double sum = 0;
    for (int i = 0; i < first.length; i++) {
      sum += Math.abs((first[i] >> 8 & 255) - (second[i] >> 8 & 255));
    }
    return sum / first.length;
  }

  private static float[] centreColour(int[] pixels) {
    float[] sum = new float[3];
    for (int y = 12; y < 20; y++) {
      for (int x = 12; x < 20; x++) {
        int pixel = pixels[32 * y + x];
        sum[0] += pixel >> 16 & 255;
        sum[1] += pixel >> 8 & 255;
        sum[2] += pixel & 255;
      }
    }
    return sum;
  }

  private static double distance(float[] first, float[] second) {
    double sum = 0;
    for (int i = 0; i < first.length; i++) {
      sum += (first[i] - second[i]) * (double) (first[i] - second[i]);
    }
    return Math.sqrt(sum);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
