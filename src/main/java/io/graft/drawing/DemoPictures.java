package io.graft.drawing;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * A small labelled set of pictures that the demonstration draws for itself: ten classes of patterns
 * in random colours and sizes, a little turned and moved, so that the class is in the shapes alone.
 */
public final class DemoPictures {

  /** The classes, sorted; each has a folder of this name. */
  public static final List<String> CLASSES =
      List.of(
          "checkers",
          "clouds",
          "dots",
          "grid",
          "leaves",
          "rings",
          "star",
          "stripes",
          "triangle",
          "waves");

  private static final float JPEG_QUALITY = 0.9f;

  /** Width and height in pixels: landscape, square and portrait, as cameras give them. */
  private static final int[][] SIZES = {
    {240, 180}, {320, 240}, {300, 300}, {256, 320}, {180, 240}, {320, 214}
  };

  private DemoPictures() {}

  /**
   * Draws the pictures: {@code folder/train/CLASS/NNN.jpg} to learn from and {@code
   * folder/new/CLASS/NNN.jpg} to try the result on.
   *
   * @param folder replaced as a whole if it exists
   * @param trainPerClass pictures of each class to learn from
   * @param newPerClass pictures of each class to try the result on
   * @param seed the same seed draws the same pixels
   * @throws OutputException if the folder cannot be written
   */
  public static void draw(Path folder, int trainPerClass, int newPerClass, long seed) {
    DurableFiles.requireWritable(folder);
    DurableFiles.writeFolder(
        folder,
        temporary -> {
          drawPart(temporary.resolve("train"), trainPerClass, seed);
          // Far from the seeds of the first part, so that no picture is in both.
          drawPart(temporary.resolve("new"), newPerClass, seed ^ 0x5DEECE66DL << 16);
        });
  }

  private static void drawPart(Path folder, int perClass, long seed) throws IOException {
    for (int label = 0; label < CLASSES.size(); label++) {
      Path classFolder = Files.createDirectories(folder.resolve(CLASSES.get(label)));
      for (int number = 0; number < perClass; number++) {
        // Random's first numbers are alike for neighbouring seeds; SplittableRandom's are not.
        SplittableRandom scrambled =
            new SplittableRandom(seed * 1_000_003 + label * 10_007L + number);
        Random random = new Random(scrambled.nextLong());
        String name = String.format(Locale.ROOT, "%03d.jpg", number + 1);
        JpegFile.write(picture(label, random), JPEG_QUALITY, classFolder.resolve(name));
      }
    }
  }

  /** One picture, uint8 RGB, of the class with this index. */
  static BufferedImage picture(int label, Random random) {
    int[] size = SIZES[random.nextInt(SIZES.length)];
    BufferedImage image = new BufferedImage(size[0], size[1], BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    Color background = color(random, 0.75f);
    Color foreground = color(random, 0.2f);
    graphics.setColor(background);
    graphics.fillRect(0, 0, size[0], size[1]);
    graphics.translate(size[0] / 2.0, size[1] / 2.0);
    double unit = Math.min(size[0], size[1]) / 240.0;
    graphics.scale(unit, unit);
    graphics.rotate(0.4 * (random.nextDouble() - 0.5));
    graphics.setColor(foreground);
    DemoPatterns.draw(CLASSES.get(label), graphics, random, foreground, background);
    graphics.dispose();
    addNoise(image, random);
    return image;
  }

  /** A colour of any hue, from faint to clear, about as bright as told. */
  private static Color color(Random random, float brightness) {
    float saturation = 0.05f + 0.3f * random.nextFloat();
    return Color.getHSBColor(
        random.nextFloat(), saturation, brightness + 0.15f * random.nextFloat());
  }

  /** A sensor's grain and a shade across the picture, so that no area is of one colour. */
  private static void addNoise(BufferedImage image, Random random) {
    double deviation = 3 + 7 * random.nextDouble();
    double slopeX = 50 * (random.nextDouble() - 0.5) / image.getWidth();
    double slopeY = 50 * (random.nextDouble() - 0.5) / image.getHeight();
    int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < pixels.length; i++) {
      int x = i % image.getWidth();
      int y = i / image.getWidth();
      double shade =
          slopeX * (x - image.getWidth() / 2.0)
              + slopeY * (y - image.getHeight() / 2.0)
              + deviation * random.nextGaussian();
      int red = clamp((pixels[i] >> 16 & 255) + shade);
      int green = clamp((pixels[i] >> 8 & 255) + shade);
      int blue = clamp((pixels[i] & 255) + shade);
      pixels[i] = red << 16 | green << 8 | blue;
    }
  }

  private static int clamp(double level) {
    return (int) Math.max(0, Math.min(255, Math.round(level)));
  }
}
