package io.graft.testing;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageIO;

/** Small photographs of nothing: each class has its own way to paint, each picture its own seed. */
public final class TinyPictures {

  private static final int WIDTH = 90;
  private static final int HEIGHT = 70;

  private TinyPictures() {}

  /** Writes {@code folder/CLASS/1.jpg} and so on, {@code perClass} for each class. */
  public static void draw(Path folder, int perClass, long seed, String... classes)
      throws IOException {
    for (int label = 0; label < classes.length; label++) {
      Path classFolder = Files.createDirectories(folder.resolve(classes[label]));
      for (int number = 1; number <= perClass; number++) {
        Random random = new Random(seed * 1000 + 100L * label + number);
        ImageIO.write(picture(label, random), "jpg", classFolder.resolve(number + ".jpg").toFile());
      }
    }
  }

  /**
   * Writes {@code folder/table.csv} with the columns {@code path,labels} and its pictures, of two
   * halves each: every half is of one of the classes or grey, and a picture has the labels of its
   * halves.
   */
  public static Path drawTable(Path folder, int count, long seed, String... classes)
      throws IOException {
    Files.createDirectories(folder);
    StringBuilder table = new StringBuilder("path,labels\n");
    int kinds = classes.length + 1;
    for (int number = 0; number < count; number++) {
      Random random = new Random(seed * 1000 + number);
      BufferedImage image = new BufferedImage(2 * WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = image.createGraphics();
      Set<String> labels = new TreeSet<>();
      int[] halves = {number % kinds, number / kinds % kinds};
      for (int half = 0; half < 2; half++) {
        if (halves[half] < classes.length) {
          labels.add(classes[halves[half]]);
          BufferedImage painted = picture(halves[half], random);
          graphics.drawImage(painted, half * WIDTH, 0, WIDTH, 2 * HEIGHT, null);
        } else {
          graphics.setColor(Color.GRAY);
          graphics.fillRect(half * WIDTH, 0, WIDTH, 2 * HEIGHT);
        }
      }
      graphics.dispose();
      ImageIO.write(image, "jpg", folder.resolve(number + ".jpg").toFile());
      table.append(number).append(".jpg,").append(String.join("|", labels)).append('\n');
    }
    return Files.writeString(folder.resolve("table.csv"), table);
  }

  private static BufferedImage picture(int label, Random random) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(new Color(200, 200 - 60 * (label % 3), 120 + 40 * (label % 3)));
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    for (int i = 0; i < 12; i++) {
      graphics.setColor(new Color(random.nextInt(1 << 24)));
      int x = random.nextInt(WIDTH);
      int y = random.nextInt(HEIGHT);
      if (label % 2 == 0) {
        graphics.fillOval(x, y, 14, 14);
      } else {
        graphics.drawLine(x, 0, y, HEIGHT);
      }
    }
    graphics.dispose();
    return image;
  }
}
