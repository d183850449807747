package io.graft.drawing;

import io.graft.runtime.DurableFiles;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * Pictures and a model's answers, on one larger picture. Each row begins with an example of a
 * class. The other pictures of the row are of that class: with a green frame if the answer is
 * right, otherwise with a red frame and, in a corner, an example of the class that the model took
 * it for. There is no text, because a machine without a screen may have no fonts.
 */
public final class ContactSheet {

  /** The width and height of a picture on the sheet, in pixels. */
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
   * A picture, which Java's ImageIO can read, and the answer to it.
   *
   * @param takenFor an example of the class that the model named; empty if the answer is right
   */
  public record Answer(Path picture, Optional<Path> takenFor) {}

  /** The pictures of one class. */
  public record Row(Path example, List<Answer> answers) {}

  private ContactSheet() {}

  /**
   * Writes a sheet as a PNG file.
   *
   * @throws io.graft.runtime.OutputException if a picture cannot be read, or the file not be
   *     written
   */
  public static void write(List<Row> rows, Path file) {
    DurableFiles.writeFile(
        file,
        temporary -> {
          // In memory first: an error of ImageIO would hide that the disk is full.
          ByteArrayOutputStream png = new ByteArrayOutputStream();
          ImageIO.write(draw(rows), "png", png);
          Files.write(temporary, png.toByteArray());
        });
  }

  private static BufferedImage draw(List<Row> rows) throws IOException {
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
    return sheet;
  }

  private static void draw(Graphics2D graphics, Answer answer, int x, int y) throws IOException {
    graphics.setColor(answer.takenFor().isEmpty() ? RIGHT : WRONG);
    graphics.fillRect(x, y, SIDE + 2 * FRAME, SIDE + 2 * FRAME);
    draw(graphics, answer.picture(), x + FRAME, y + FRAME, SIDE);
    if (answer.takenFor().isPresent()) {
      int corner = FRAME + SIDE - INSET;
      graphics.fillRect(x + corner - 2, y + corner - 2, INSET + 2, INSET + 2);
      draw(graphics, answer.takenFor().get(), x + corner, y + corner, INSET);
    }
  }

  private static void draw(Graphics2D graphics, Path picture, int x, int y, int side)
      throws IOException {
    graphics.drawImage(ImageIO.read(picture.toFile()), x, y, side, side, null);
  }
}
