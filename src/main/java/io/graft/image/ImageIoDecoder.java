package io.graft.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceLoader;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStreamImpl;

/** Decodes BMP, TIFF and WebP with ImageIO's readers. */
final class ImageIoDecoder {

  private ImageIoDecoder() {}

  /** Decodes a file that {@link ContainerCheck} accepted, and turns the image upright. */
  static RgbImage decode(byte[] encoded, ImageFormat format, int orientation)
      throws BadImageException, IOException {
    BufferedImage image =
        read(
            encoded,
            format,
            List.of("remature", "nexpected end"),
            reader -> {
              ImageDecoder.checkSize(reader.getWidth(0), reader.getHeight(0));
              return reader.read(0);
            });
    ColorModel colors = image.getColorModel();
    if (format == ImageFormat.TIFF && colors instanceof IndexColorModel) {
      int[] map = ContainerCheck.tiffPalette(encoded).orElse(null);
      if (map != null) {
        int bits = colors.getPixelSize();
        colors = new IndexColorModel(bits, map.length, map, 0, false, -1, DataBuffer.TYPE_BYTE);
      }
    }
    byte[] pixels = RasterToRgb.convert(image.getRaster(), colors);
    return Orientation.apply(
        new RgbImage(image.getWidth(), image.getHeight(), pixels), orientation);
  }

  /** Reads a result with a reader of ImageIO. */
  @FunctionalInterface
  interface Reading<T> {
    T read(ImageReader reader) throws BadImageException, IOException;
  }

  /**
   * Opens a file with ImageIO's reader and reads it.
   *
   * @param fatal the texts that occur in warnings about missing pixels
   */
  static <T> T read(byte[] encoded, ImageFormat format, List<String> fatal, Reading<T> reading)
      throws BadImageException, IOException {
    List<String> warnings = new ArrayList<>();
    T result;
    ImageReader reader = reader(format);
    try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(encoded)) {
      reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
      reader.setInput(stream, false, true);
      result = reading.read(reader);
    } finally {
      reader.dispose();
    }
    for (String warning : warnings) {
      if (fatal.stream().anyMatch(warning::contains)) {
        throw new BadImageException(
            "the %s data is cut off or damaged (%s)".formatted(format, warning));
      }
    }
    return result;
  }

  /**
   * Creates a reader. The caller must dispose it. The reader is always the JDK's own, or
   * TwelveMonkeys' for WebP, whatever other plug-ins are on the class path.
   */
  private static ImageReader reader(ImageFormat format) throws BadImageException, IOException {
    if (format == ImageFormat.WEBP) {
      // ImageIO itself would search only the class path that it had at its first use.
      ClassLoader loader = ImageIoDecoder.class.getClassLoader();
      for (ImageReaderSpi spi : ServiceLoader.load(ImageReaderSpi.class, loader)) {
        if (spi.getClass().getName().startsWith("com.twelvemonkeys.imageio.plugins.webp.")) {
          return spi.createReaderInstance();
        }
      }
      throw new BadImageException(
          "it is a WebP image, and com.twelvemonkeys.imageio:imageio-webp is not on the class"
              + " path");
    }
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
        return reader;
      }
    }
    throw new BadImageException("this Java runtime has no reader for " + format);
  }

  /**
   * An image file in memory, for ImageIO's readers. Unlike ImageIO's own memory stream, it copies
   * nothing and knows its length, so that readers can compare a header with the length. It stops a
   * reader that keeps reading after the end and would invent pixels for minutes.
   */
  private static final class ByteArrayImageInputStream extends ImageInputStreamImpl {

    /** The most reads after the end. A reader needs a few at most, because it looks ahead. */
    private static final int MAX_READS_AFTER_END = 64;

    private final byte[] bytes;
    private int readsAfterEnd;

    ByteArrayImageInputStream(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      bitOffset = 0;
      return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : end();
    }

    @Override
    public int read(byte[] destination, int offset, int length) throws IOException {
      bitOffset = 0;
      if (length == 0) {
        return 0;
      }
      if (streamPos >= bytes.length) {
        return end();
      }
      int count = (int) Math.min(length, bytes.length - streamPos);
      System.arraycopy(bytes, (int) streamPos, destination, offset, count);
      streamPos += count;
      return count;
    }

    private int end() throws IOException {
      if (++readsAfterEnd > MAX_READS_AFTER_END) {
        throw new IOException("the data continues after the end of the file");
      }
      return -1;
    }

    @Override
    public long length() {
      return bytes.length;
    }
  }
}
