package io.graft.testing;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures that tests of learning use: lossless, of random pixels around one brightness. */
public final class TestPictures {

  private TestPictures() {}

  /** Writes a PNG of 40 x 48 pixels; folders above it are made. */
  public static Path write(Path file, long seed, int brightness) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(40, 48, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int red = Math.min(255, brightness + random.nextInt(56));
        image.setRGB(x, y, red << 16 | random.nextInt(256) << 8 | (255 - red));
      }
    }
    try {
      Files.createDirectories(file.getParent());
      if (!ImageIO.write(image, "png", file.toFile())) {
        throw new IOException("no PNG writer");
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a PNG that ends in the middle of its pixels. */
  public static Path writeCutOff(Path file) {
    try {
      byte[] whole = Files.readAllBytes(write(file, 0, 0));
      return Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
