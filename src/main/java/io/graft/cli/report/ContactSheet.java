package io.graft.cli.report;

import io.graft.image.RgbImage;
import io.graft.runtime.DurableFiles;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * A picture of images and a model's answers. Each row begins with an example of a class. The other
 * images of the row are of that class: with a green frame if the answer is right, otherwise with a
 * red frame and, in a corner, an example of the class that the model took it for. There is no text,
 * because a machine without a screen may have no fonts.
 */
public final class ContactSheet {

  /** The width and height of an image on the sheet, in pixels. */
  private static final int SIDE = 96;

  private static final int INSET = 40;
  private static final int FRAME = 4;
  private static final int GAP = 6;
  private static final int CELL = SIDE + 2 * FRAME + GAP;

  /** The room between the examples and the answers. */
  private static final int AISLE = 24;

  private static final Color RIGHT = new Color(0x2E9E4F);
  private static final Color WRONG = new Color(0xD62F2F);

  /**
   * An image and the answer to it.
   *
   * @param takenFor an example of the class that the model named; empty if the answer is right
   */
  public record Answer(RgbImage image, Optional<RgbImage> takenFor) {}

  /** The images of one class. */
  public record Row(RgbImage example, List<Answer> answers) {}

  private ContactSheet() {}

  /**
   * Writes a sheet as a PNG file.
   *
   * @throws io.graft.runtime.OutputException if the file cannot be written
   */
  public static void write(List<Row> rows, Path file) {
    int columns = rows.stream().mapToInt(row -> row.answers().size()).max().orElse(0);
    int width = GAP + CELL + AISLE + columns * CELL;
    BufferedImage sheet =
        new BufferedImage(width, GAP + rows.size() * CELL, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    try {
      graphics.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      for (int i = 0; i < rows.size(); i++) {
        int y = GAP + i * CELL;
        draw(graphics, rows.get(i).example(), GAP + FRAME, y + FRAME, SIDE);
        for (int j = 0; j < rows.get(i).answers().size(); j++) {
          draw(graphics, rows.get(i).answers().get(j), GAP + CELL + AISLE + j * CELL, y);
        }
      }
    } finally {
      graphics.dispose();
    }
    DurableFiles.writeFile(
        file,
        temporary -> {
          if (!ImageIO.write(sheet, "png", temporary.toFile())) {
            throw new IOException("this Java runtime writes no PNG");
          }
        });
  }

  private static void draw(Graphics2D graphics, Answer answer, int x, int y) {
    graphics.setColor(answer.takenFor().isEmpty() ? RIGHT : WRONG);
    graphics.fillRect(x, y, SIDE + 2 * FRAME, SIDE + 2 * FRAME);
    draw(graphics, answer.image(), x + FRAME, y + FRAME, SIDE);
    answer
        .takenFor()
        .ifPresent(
            example -> {
              int corner = FRAME + SIDE - INSET;
              graphics.fillRect(x + corner - 2, y + corner - 2, INSET + 2, INSET + 2);
              draw(graphics, example, x + corner, y + corner, INSET);
            });
  }

  private static void draw(Graphics2D graphics, RgbImage image, int x, int y, int side) {
    BufferedImage pixels =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = image.pixels();
    for (int i = 0; i < image.width() * image.height(); i++) {
      int color =
          (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | (rgb[3 * i + 2] & 0xff);
      pixels.setRGB(i % image.width(), i / image.width(), color);
    }
    graphics.drawImage(pixels, x, y, side, side, null);
  }
}
