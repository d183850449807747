package io.graft.image.codec;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A file format that {@link ImageDecoder} reads. */
public enum ImageFormat {
  /** JPEG, baseline, progressive or lossless, 8 bits. */
  JPEG("\\xff\\xd8\\xff", "jpg", "jpeg", "jpe", "jfif"),
  /** Portable Network Graphics. */
  PNG("\\x89PNG\r\n\\x1a\n", "png"),
  /** Graphics Interchange Format, of which only the first frame is read. */
  GIF("GIF8[79]a", "gif"),
  /**
   * Windows bitmap. A text may begin with "BM" too, but a bitmap's reserved bytes are zero, or the
   * size of its header is one of the known ones. A bitmap from a clipboard begins with the header
   * that gives its size and its bits.
   */
  BMP(
      "BM.{4}\\x00{4}|BM.{12}[\\x0c\\x10\\x28\\x34\\x38\\x40\\x6c\\x7c]\\x00{3}|[\\x28\\x34\\x38\\x40\\x6c\\x7c]\\x00{3}.{8}\\x01\\x00[\\x01\\x04\\x08\\x10\\x18\\x20]\\x00",
      "bmp", "dib"),
  /** Tagged Image File Format and BigTIFF, of which only the first image is read. */
  TIFF("II[*+]\\x00|MM\\x00[*+]", "tif", "tiff"),
  /** WebP, lossy or lossless. */
  WEBP("RIFF.{4}WEBP", "webp"),
  /** Netpbm's bitmaps, grey maps and pixel maps. A text may begin with "P5 " too. */
  PPM("P[1-6]\\s+(#|\\d+(\\s+\\d|\\s*#))", "ppm", "pgm", "pbm", "pnm");

  private final Pattern head;

  @SuppressWarnings("ImmutableEnumChecker") // List.of returns an immutable list.
  private final List<String> extensions;

  /** Creates a format. {@code head} is a pattern of a file's first bytes, one character a byte. */
  ImageFormat(String head, String... extensions) {
    this.head = Pattern.compile(head, Pattern.DOTALL);
    this.extensions = List.of(extensions);
  }

  /**
   * Detects the format from the first bytes of a file alone.
   *
   * @param head the first 64 bytes of the file or more, or the whole file if it is shorter
   */
  public static Optional<ImageFormat> sniff(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    return Arrays.stream(values()).filter(f -> f.head.matcher(text).lookingAt()).findFirst();
  }

  /** Returns whether a file's name has an image's extension, in upper or lower case. */
  public static boolean hasImageExtension(Path file) {
    String extension = extension(file);
    return Arrays.stream(values()).anyMatch(f -> f.extensions.contains(extension));
  }

  /** Returns the end of a file's name after the last dot, in lower case, or an empty text. */
  static String extension(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
  }
}
