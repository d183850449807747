package io.graft.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.testing.SmallDisk;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ContactSheetTest {

  private static final int RED = 0xff0000;
  private static final int BLUE = 0x0000ff;

  @TempDir Path folder;

  private Path plain(String name, int color) throws IOException {
    BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64; i++) {
      picture.setRGB(i % 8, i / 8, color);
    }
    Path file = folder.resolve(name);
    ImageIO.write(picture, "png", file.toFile());
    return file;
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamed() throws Exception {
    Path picture = folder.resolve("noise.png");
    BufferedImage noise = new BufferedImage(96, 96, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < 96 * 96; i++) {
      noise.setRGB(i % 96, i / 96, random.nextInt(1 << 24));
    }
    ImageIO.write(noise, "png", picture.toFile());
    try (SmallDisk disk = new SmallDisk(folder.resolve("disk"))) {
      disk.fillUpTo(8192);
      Path sheet = folder.resolve("disk/sheet.png");
      assertThatThrownBy(
              () -> ContactSheet.write(List.of(new ContactSheet.Row(picture, List.of())), sheet))
          .hasMessageContaining("No space left on device");
      assertThat(sheet).doesNotExist();
    }
  }

  @Test
  void wrongAnswerHasAnotherFrameAndShowsWhatItWasTakenFor() throws Exception {
    Path red = plain("red.png", RED);
    Path blue = plain("blue.png", BLUE);
    ContactSheet.Answer right = new ContactSheet.Answer(red, Optional.empty());
    ContactSheet.Answer wrong = new ContactSheet.Answer(red, Optional.of(blue));
    Path file = folder.resolve("sheet.png");

    ContactSheet.write(
        List.of(
            new ContactSheet.Row(red, List.of(right, wrong)),
            new ContactSheet.Row(blue, List.of())),
        file);

    BufferedImage sheet = ImageIO.read(file.toFile());
    // A cell is 96 pixels and a frame of 4 on each side; there are 6 pixels between cells.
    assertThat(sheet.getHeight()).isEqualTo(6 + 2 * (96 + 8 + 6));
    assertThat(colorAt(sheet, 6 + 50, 6 + 50)).isEqualTo(RED);
    assertThat(colorAt(sheet, 6 + 50, 6 + 110 + 50)).isEqualTo(BLUE);
    int answers = 6 + 110 + 24;
    int green = colorAt(sheet, answers + 1, 6 + 50);
    int red2 = colorAt(sheet, answers + 110 + 1, 6 + 50);
    assertThat(green >> 8 & 0xff).isGreaterThan(green >> 16);
    assertThat(red2 >> 16).isGreaterThan(red2 >> 8 & 0xff);
    int corner = 4 + 96 - 20;
    assertThat(colorAt(sheet, answers + corner, 6 + corner)).isEqualTo(RED);
    assertThat(colorAt(sheet, answers + 110 + corner, 6 + corner)).isEqualTo(BLUE);
    assertThat(colorAt(sheet, answers + 110 + 40, 6 + 40)).isEqualTo(RED);
    assertThat(colorAt(sheet, answers + 50, 6 + 110 + 50)).isEqualTo(0xffffff);
  }

  private static int colorAt(BufferedImage sheet, int x, int y) {
    return sheet.getRGB(x, y) & 0xffffff;
  }
}
