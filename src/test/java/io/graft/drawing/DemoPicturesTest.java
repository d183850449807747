package io.graft.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.runtime.OutputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPicturesTest {

  @TempDir Path folder;

  @Test
  void drawsEveryClassAsJpegOfSeveralSizes() throws IOException {
    DemoPictures.draw(folder.resolve("demo"), 3, 1, 42);
    assertThat(DemoPictures.CLASSES).hasSize(10).isSorted();
    List<Path> files = files(folder.resolve("demo"));
    assertThat(files).hasSize(40);
    Set<String> sizes = new HashSet<>();
    Set<Integer> contents = new HashSet<>();
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      assertThat(bytes).startsWith(0xff, 0xd8, 0xff);
      assertThat(contents.add(Arrays.hashCode(bytes)))
          .as("%s differs from all others", file)
          .isTrue();
      BufferedImage image = ImageIO.read(file.toFile());
      assertThat(image.getWidth()).isBetween(180, 320);
      assertThat(image.getHeight()).isBetween(180, 320);
      sizes.add(image.getWidth() > image.getHeight() ? "landscape" : "other");
    }
    assertThat(sizes).hasSize(2);
    for (String name : DemoPictures.CLASSES) {
      assertThat(folder.resolve("demo/train").resolve(name).resolve("003.jpg")).isRegularFile();
      assertThat(folder.resolve("demo/new").resolve(name).resolve("001.jpg")).isRegularFile();
    }
  }

  @Test
  void drawsTheSamePixelsFromTheSameSeed() throws IOException {
    DemoPictures.draw(folder.resolve("a"), 1, 1, 7);
    DemoPictures.draw(folder.resolve("b"), 1, 1, 7);
    DemoPictures.draw(folder.resolve("c"), 1, 1, 8);
    for (Path file : files(folder.resolve("a"))) {
      Path relative = folder.resolve("a").relativize(file);
      int[] pixels = pixels(file);
      assertThat(pixels(folder.resolve("b").resolve(relative))).isEqualTo(pixels);
      assertThat(pixels(folder.resolve("c").resolve(relative))).isNotEqualTo(pixels);
    }
  }

  @Test
  void refusesAPlaceThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> DemoPictures.draw(file.resolve("demo"), 1, 1, 7))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("demo");
  }

  private static int[] pixels(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
