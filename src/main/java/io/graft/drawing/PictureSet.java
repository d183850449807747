package io.graft.drawing;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OutputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A labelled set of drawn pictures to train a backbone on. Each class is a kind of object that the
 * seed invents, such as a flower with certain petals, colours and textures. Each picture shows
 * objects of that kind at random positions, sizes and angles, in random light, on a random
 * background.
 *
 * <p>The pixels depend only on the seed, the class's index, the picture's number and the size. A
 * larger set with the same seed begins with the pictures of a smaller set.
 *
 * @param classes the number of classes, 1 to 100,000
 * @param perClass the number of pictures in each class, 1 to 100,000
 * @param size the width and height of a picture in pixels, 16 to 1,024
 * @param seed the seed of the set; the same seed gives the same pixels on every machine
 */
public record PictureSet(int classes, int perClass, int size, long seed) {

  private static final int MOST = 100_000;
  private static final int MOST_PICTURES = 10_000_000;

  /** Checks the ranges. */
  public PictureSet {
    requireRange("classes", classes, 1, MOST);
    requireRange("pictures per class", perClass, 1, MOST);
    requireRange("size", size, 16, 1024);
    if ((long) classes * perClass > MOST_PICTURES) {
      throw new InvalidOptionException(
          String.format(
              Locale.ROOT,
              "%d classes of %d pictures are %,d pictures. Expected at most %,d in a set.",
              classes,
              perClass,
              (long) classes * perClass,
              MOST_PICTURES));
    }
  }

  private static void requireRange(String name, int value, int low, int high) {
    if (value < low || value > high) {
      throw new InvalidOptionException(
          String.format(
              Locale.ROOT,
              "The drawn pictures' %s is %d. Expected %d to %,d.",
              name,
              value,
              low,
              high));
    }
  }

  /** Returns the number of pictures in all classes. */
  public int pictures() {
    return classes * perClass;
  }

  /** Returns the name of a class's folder. Names sort in the order of the classes. */
  public String className(int index) {
    return String.format(Locale.ROOT, "c%0" + digits(classes - 1) + "d", index);
  }

  private String fileName(int number) {
    return String.format(Locale.ROOT, "%0" + Math.max(3, digits(perClass - 1)) + "d.jpg", number);
  }

  private static int digits(int most) {
    return Integer.toString(most).length();
  }

  /**
   * Returns the pixels of one picture before JPEG compression: uint8 RGB packed into int32 as
   * 0xRRGGBB, shape (size, size), row-major.
   *
   * @param index the index of the class, from 0
   * @param number the number of the picture in its class, from 0
   */
  public int[] pixels(int index, int number) {
    return ObjectClass.of(seed, index).draw(size, number).pixels();
  }

  /**
   * Draws the set into a new folder as {@code folder/CLASS/NNN.jpg}, using all processors. The
   * folder appears only when it is complete.
   *
   * @param drawn the receiver of the number of finished pictures, called from several threads
   * @throws OutputException if the folder exists or cannot be written
   */
  public void write(Path folder, IntConsumer drawn) {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new OutputException(
          ("%s exists already. Expected the path of a new folder. Name another, or remove what is"
                  + " there.")
              .formatted(folder));
    }
    DurableFiles.requireWritable(folder);
    AtomicInteger done = new AtomicInteger();
    DurableFiles.writeFolder(
        folder,
        temporary -> {
          Files.createDirectory(temporary);
          try {
            IntStream.range(0, classes)
                .parallel()
                .forEach(index -> writeClass(temporary, index, done, drawn));
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
        });
  }

  private void writeClass(Path folder, int index, AtomicInteger done, IntConsumer drawn) {
    ObjectClass kind = ObjectClass.of(seed, index);
    try {
      Path classFolder = Files.createDirectory(folder.resolve(className(index)));
      for (int number = 0; number < perClass; number++) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, size, size, kind.draw(size, number).pixels(), 0, size);
        // The quality varies, so that a network does not learn from traces of compression.
        double quality = new RandomStream(~seed, index, number).between(0.6, 0.95);
        writeJpeg(image, (float) quality, classFolder.resolve(fileName(number)));
        drawn.accept(done.incrementAndGet());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeJpeg(BufferedImage image, float quality, Path file) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (OutputStream stream = Files.newOutputStream(file);
        ImageOutputStream out = new MemoryCacheImageOutputStream(stream)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } finally {
      writer.dispose();
    }
  }
}
