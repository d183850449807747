package io.graft.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** Writes files for tests: images of one colour, and files that only look like images. */
final class ImageFiles {

  static final int SIZE = 16;

  private ImageFiles() {}

  /** Writes a lossless image of one colour and creates its folders. */
  static Path draw(Path file, Color colour) {
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(colour);
    graphics.fillRect(0, 0, SIZE, SIZE);
    graphics.dispose();
    try {
      Files.createDirectories(file.getParent());
      if (!ImageIO.write(image, "png", file.toFile())) {
        throw new IOException("no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  static Path draw(Path file) {
    return draw(file, Color.GRAY);
  }

  static Path write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a list of single-label images, whose files need not exist. */
  static LabeledImages listed(
      List<String> classes, List<LabeledImage> images, Map<Path, String> groups) {
    Path none = Path.of("");
    LabelSets labels = LabelSets.singleLabel(classes.size());
    return new ImageTable(none, none, classes, labels, images, Map.of(), groups, 0);
  }
}
