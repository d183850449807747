package io.graft.image.codec;

import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import io.graft.runtime.Doctor.Finding;
import io.graft.runtime.FileFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Decodes image files to upright RGB, like Pillow's {@code ImageOps.exif_transpose(Image.open(f))
 * .convert("RGB")}. Many threads may use it, and the files need not be trusted.
 */
public final class ImageDecoder {

  /** The largest file that {@link #content} opens, in bytes. */
  private static final long MAX_FILE_BYTES = 1L << 30;

  /** The number of first bytes that tell the format of a file. */
  public static final int HEAD_BYTES = 64;

  /** The most pixels of an image by default: Pillow refuses images with more. */
  public static final long MAX_PIXELS = 178_956_970;

  /** The most pixels that an array can hold. */
  public static final long MOST_PIXELS = Integer.MAX_VALUE / 3;

  private ImageDecoder() {}

  /** Reports which libraries decode JPEG and WebP files on this machine, and what is missing. */
  public static List<Finding> libraries() {
    return List.of(
        finding(
            "jpeg",
            "libjpeg-turbo",
            TurboJpeg.fileName(),
            "Java's own decoder; libjpeg-turbo takes less than half of its time",
            "Install it (Debian, Ubuntu: apt install libturbojpeg0; Fedora: dnf install turbojpeg;"
                + " macOS: brew install jpeg-turbo)."),
        finding(
            "webp",
            "libwebp",
            LibWebp.fileName(),
            WebpDecoder.FALLBACK + "; its pixels of lossy files differ a little from libwebp's",
            "Install libwebp (" + LibWebp.HOW_TO_INSTALL + ")."));
  }

  private static Finding finding(
      String name, String wanted, Optional<String> library, String instead, String remedy) {
    return library
        .map(file -> Finding.ok(name, "%s (%s)".formatted(wanted, file)))
        .orElseGet(() -> new Finding(name, Finding.Status.WARNING, instead, remedy));
  }

  /**
   * Returns the decoder of a format, if stored features depend on it, because another decoder or an
   * earlier version gives other pixels. Returns an empty text for all other formats.
   */
  public static String decoderOf(ImageFormat format) {
    return switch (format) {
      case WEBP -> LibWebp.fileName().isPresent() ? "libwebp" : WebpDecoder.FALLBACK;
      case TIFF -> "TIFF 2";
      case BMP -> "BMP 2";
      default -> "";
    };
  }

  /**
   * Returns a line that says that files of a format may be decoded a little differently on other
   * machines; empty if they are not.
   *
   * @param files the number of files
   */
  public static Optional<String> remark(ImageFormat format, int files) {
    return format == ImageFormat.WEBP && LibWebp.fileName().isEmpty()
        ? Optional.of(
            ("%s WebP files are decoded by %s. The pixels of lossy ones differ a little from"
                    + " libwebp's, which other programs use: install it (%s).")
                .formatted(files, WebpDecoder.FALLBACK, LibWebp.HOW_TO_INSTALL))
        : Optional.empty();
  }

  /**
   * Decodes the first image of a file.
   *
   * @param encoded the whole content of a file of one of the {@link ImageFormat}s
   * @return the pixels, uint8 HWC RGB, upright
   * @throws BadImageException if the bytes are not an image, are damaged or cut off, or hold more
   *     than {@link #MAX_PIXELS}
   */
  public static RgbImage decode(byte[] encoded) throws BadImageException {
    return decode(encoded, MAX_PIXELS);
  }

  /**
   * Decodes the first image of a file, which may have up to {@code maxPixels} pixels.
   *
   * @throws BadImageException as {@link #decode(byte[])}
   */
  public static RgbImage decode(byte[] encoded, long maxPixels) throws BadImageException {
    if (encoded.length == 0) {
      throw new BadImageException("the file is empty (0 bytes)");
    }
    byte[] head = head(encoded);
    Optional<UnreadFormat> unread = UnreadFormat.sniff(head);
    if (unread.isPresent()) {
      throw unread(unread.get());
    }
    ImageFormat format = ImageFormat.sniff(head).orElseThrow(() -> unknownFormat(encoded));
    checkPixels(ImageSize.pixels(encoded, format), maxPixels);
    try {
      return switch (format) {
        case JPEG -> JpegDecoder.decode(encoded, true);
        case GIF -> GifDecoder.decode(encoded);
        case PNG -> PngDecoder.decode(encoded);
        case BMP -> BmpDecoder.decode(encoded);
        case TIFF -> TiffDecoder.decode(encoded);
        case PPM -> PnmDecoder.decode(encoded);
        case WEBP -> WebpDecoder.decode(encoded, true);
      };
    } catch (OutOfMemoryError e) {
      throw new OutOfMemoryError(
          "decoding a %s image of %s bytes: %s".formatted(format, encoded.length, e.getMessage()));
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // ImageIO's readers throw many kinds of exceptions for damaged data.
      String detail = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new BadImageException(
          "the " + format + " data cannot be decoded: it is damaged or cut off (" + detail + ")",
          e);
    }
  }

  /**
   * Reads and decodes one image file.
   *
   * @throws BadImageException for the same reasons as {@link #content} and {@link #decode}
   */
  public static RgbImage read(Path file) throws BadImageException {
    return read(file, MAX_PIXELS);
  }

  /**
   * Reads and decodes one image file, which may have up to {@code maxPixels} pixels.
   *
   * @throws BadImageException as {@link #read(Path)}
   */
  public static RgbImage read(Path file, long maxPixels) throws BadImageException {
    return decode(array(content(file, ByteBuffer::allocate)), maxPixels);
  }

  /**
   * Returns the number of pixels that the header of an image claims, without decoding it; 0 if it
   * is no image or its header is damaged.
   */
  public static long pixels(byte[] encoded) {
    return ImageFormat.sniff(head(encoded))
        .map(format -> ImageSize.pixels(encoded, format))
        .orElse(0L);
  }

  /**
   * Reads the bytes of one image file, for {@link #decode}.
   *
   * @param buffers gives an empty buffer of a size in bytes; it is asked once
   * @return the whole content, from position 0 to the limit: in the buffer, or in an array if the
   *     file grew meanwhile
   * @throws BadImageException if the file is missing, is not a regular file, cannot be read, has
   *     more than 1 GiB, or is of an {@link UnreadFormat}
   */
  public static ByteBuffer content(Path file, IntFunction<ByteBuffer> buffers)
      throws BadImageException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        throw new BadImageException("it is a folder, not a file");
      }
      if (!attributes.isRegularFile()) {
        throw new BadImageException("it is not a regular file");
      }
      if (attributes.size() > MAX_FILE_BYTES) {
        throw new BadImageException(
            "the file has %s bytes; at most %s are read"
                .formatted(attributes.size(), MAX_FILE_BYTES));
      }
      ByteBuffer content = read(file, buffers.apply((int) attributes.size()));
      if (content.hasRemaining() && !JpegFile.startsIn(content)) {
        // The name tells a raw photograph from another TIFF file.
        Optional<UnreadFormat> unread = UnreadFormat.of(file, head(content));
        if (unread.isPresent()) {
          throw unread(unread.get());
        }
      }
      return content;
    } catch (NoSuchFileException e) {
      throw new BadImageException("there is no such file", e);
    } catch (AccessDeniedException e) {
      throw new BadImageException("permission denied", e);
    } catch (IOException e) {
      throw new BadImageException("the file cannot be read (" + FileFailure.reason(e) + ")", e);
    } catch (OutOfMemoryError e) {
      throw new OutOfMemoryError("reading an image: " + e.getMessage());
    }
  }

  /** Returns a buffer's bytes, from 0 to the limit; without a copy if they are a whole array. */
  public static byte[] array(ByteBuffer content) {
    if (content.hasArray()
        && content.arrayOffset() == 0
        && content.array().length == content.limit()) {
      return content.array();
    }
    byte[] bytes = new byte[content.limit()];
    content.get(0, bytes);
    return bytes;
  }

  private static ByteBuffer read(Path file, ByteBuffer buffer) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      int read = 0;
      while (read >= 0 && buffer.hasRemaining()) {
        read = channel.read(buffer);
      }
      if (read < 0 || channel.position() == channel.size()) {
        return buffer.flip();
      }
    } catch (ClosedByInterruptException e) {
      // An interrupt closes channels. It is for the caller, who gets the image nevertheless.
    }
    return ByteBuffer.wrap(Files.readAllBytes(file));
  }

  private static byte[] head(ByteBuffer content) {
    byte[] head = new byte[Math.min(content.limit(), HEAD_BYTES)];
    content.get(0, head);
    return head;
  }

  private static byte[] head(byte[] encoded) {
    return Arrays.copyOf(encoded, Math.min(encoded.length, HEAD_BYTES));
  }

  private static BadImageException unread(UnreadFormat format) {
    return new BadImageException(
        "the format is %s, which is not read; convert it to JPEG or PNG".formatted(format.title()));
  }

  private static BadImageException unknownFormat(byte[] encoded) {
    String head = HexFormat.ofDelimiter(" ").formatHex(encoded, 0, Math.min(8, encoded.length));
    return new BadImageException(
        ("the content is not JPEG, PNG, GIF, BMP, TIFF, WebP or PPM, whatever the file's name says"
                + " (it begins with the bytes %s)")
            .formatted(head));
  }

  private static void checkPixels(long pixels, long maxPixels) throws BadImageException {
    if (pixels > maxPixels) {
      throw BadImageException.tooLarge(
          "the image has %s megapixels (%s pixels); at most %s pixels are decoded"
              .formatted(Math.round(pixels / 1e6), pixels, maxPixels));
    }
  }

  /** Refuses a header that claims an image without pixels, or with too many for an array. */
  static void checkSize(long width, long height) throws BadImageException {
    if (width < 1 || height < 1) {
      throw new BadImageException(
          "the header claims an image of %s x %s pixels".formatted(width, height));
    }
    if (width > MOST_PIXELS || height > MOST_PIXELS || width * height > MOST_PIXELS) {
      throw new BadImageException(
          "the image has %s x %s pixels; at most %s are decoded"
              .formatted(width, height, MOST_PIXELS));
    }
  }

  /** Refuses a header that claims more pixels than a file of this length can hold. */
  static void checkClaim(long pixels, long pixelsPerByte, byte[] encoded) throws BadImageException {
    if (pixels / pixelsPerByte > encoded.length) {
      throw new BadImageException(
          "the file is cut off: its header claims %s pixels, which cannot be in %s bytes"
              .formatted(pixels, encoded.length));
    }
  }
}
