package io.graft.image.codec;

import io.graft.image.BadImageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStreamImpl;

/** Runs ImageIO's readers for the decoders. */
final class ImageIoDecoder {

  /** TwelveMonkeys' readers. ImageIO would search only the class path of its first use. */
  private static final Map<ImageFormat, ImageReaderSpi> PLUGINS = plugins();

  private ImageIoDecoder() {}

  private static Map<ImageFormat, ImageReaderSpi> plugins() {
    Map<ImageFormat, ImageReaderSpi> plugins = new EnumMap<>(ImageFormat.class);
    ClassLoader loader = ImageIoDecoder.class.getClassLoader();
    for (ImageReaderSpi spi : ServiceLoader.load(ImageReaderSpi.class, loader)) {
      String name = spi.getClass().getName();
      if (name.equals("com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi")) {
        plugins.put(ImageFormat.WEBP, spi);
      } else if (name.equals("com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi")) {
        plugins.put(ImageFormat.TIFF, spi);
      }
    }
    return plugins;
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
    return read(encoded, format, fatal, 0, reading);
  }

  /**
   * Opens a file with ImageIO's reader and reads it.
   *
   * @param fatal the texts that occur in warnings about missing pixels
   * @param bitless the number of pixels, if pixels may have no bits in the file; otherwise 0
   */
  static <T> T read(
      byte[] encoded, ImageFormat format, List<String> fatal, long bitless, Reading<T> reading)
      throws BadImageException, IOException {
    List<String> warnings = new ArrayList<>();
    T result;
    ImageReader reader = reader(format);
    try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(encoded, bitless)) {
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
   * Creates a reader. The caller must dispose it. The reader is always TwelveMonkeys' for TIFF and
   * WebP, and the JDK's own for other formats, whatever other plug-ins are on the class path.
   */
  private static ImageReader reader(ImageFormat format) throws BadImageException, IOException {
    if (format == ImageFormat.TIFF || format == ImageFormat.WEBP) {
      ImageReaderSpi plugin = PLUGINS.get(format);
      if (plugin == null) {
        throw new BadImageException(
            "it is a %s image, and com.twelvemonkeys.imageio:imageio-%s is not on the class path"
                .formatted(format, format.name().toLowerCase(Locale.ROOT)));
      }
      return plugin.createReaderInstance();
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
    private final long bitless;
    private long readsAfterEnd;

    ByteArrayImageInputStream(byte[] bytes, long bitless) {
      this.bytes = bytes;
      this.bitless = bitless;
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
      // A reader looks for each of the five codes of a pixel, even if it has no bits.
      if (++readsAfterEnd > MAX_READS_AFTER_END + 8 * bitless) {
        throw new IOException("the data continues after the end of the file");
      }
      return -1;
    }

    @Override
    public long length() {
      // TwelveMonkeys refuses an image with more than 2,048 times as many bytes as the file.
      return Math.max(bytes.length, bitless / 256);
    }
  }
}
