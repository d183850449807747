package io.graft.image;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A file format that {@link ImageDecoder} reads. */
public enum ImageFormat {
  /** JPEG, baseline or progressive, 8 bits. */
  JPEG("jpg", "jpeg", "jpe", "jfif"),
  /** Portable Network Graphics. */
  PNG("png"),
  /** Graphics Interchange Format; the first frame. */
  GIF("gif"),
  /** Windows bitmap. */
  BMP("bmp", "dib"),
  /** Tagged Image File Format; the first image. */
  TIFF("tif", "tiff"),
  /** WebP, lossy or lossless. */
  WEBP("webp");

  @SuppressWarnings("ImmutableEnumChecker") // List.of returns an immutable list.
  private final List<String> extensions;

  ImageFormat(String... extensions) {
    this.extensions = List.of(extensions);
  }

  /**
   * Detects the format from the first bytes of a file alone.
   *
   * @param head at least the first 16 bytes of the file, or all of a shorter file
   */
  public static Optional<ImageFormat> sniff(byte[] head) {
    if (startsWith(head, 0, "\u00ff\u00d8\u00ff")) {
      return Optional.of(JPEG);
    }
    if (startsWith(head, 0, "\u0089PNG\r\n\u001a\n")) {
      return Optional.of(PNG);
    }
    if (startsWith(head, 0, "GIF87a") || startsWith(head, 0, "GIF89a")) {
      return Optional.of(GIF);
    }
    if (startsWith(head, 0, "II*\0") || startsWith(head, 0, "MM\0*")) {
      return Optional.of(TIFF);
    }
    if (startsWith(head, 0, "RIFF") && startsWith(head, 8, "WEBP")) {
      return Optional.of(WEBP);
    }
    // A text may begin with "BM" too, but the reserved bytes of a bitmap are zero.
    if (startsWith(head, 0, "BM") && startsWith(head, 6, "\0\0\0\0")) {
      return Optional.of(BMP);
    }
    return Optional.empty();
  }

  /** Returns whether a file's name has an image's extension, in any case. */
  public static boolean hasImageExtension(Path file) {
    Path name = file.getFileName();
    if (name == null) {
      return false;
    }
    String text = name.toString();
    int dot = text.lastIndexOf('.');
    if (dot < 0) {
      return false;
    }
    String extension = text.substring(dot + 1).toLowerCase(Locale.ROOT);
    for (ImageFormat format : values()) {
      if (format.extensions.contains(extension)) {
        return true;
      }
    }
    return false;
  }

  private static boolean startsWith(byte[] head, int offset, String magic) {
    byte[] expected = magic.getBytes(StandardCharsets.ISO_8859_1);
    if (head.length < offset + expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (head[offset + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
