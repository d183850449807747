package io.graft.image;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
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
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.startsWith("\u00ff\u00d8\u00ff")) {
      return Optional.of(JPEG);
    }
    if (text.startsWith("\u0089PNG\r\n\u001a\n")) {
      return Optional.of(PNG);
    }
    if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) {
      return Optional.of(GIF);
    }
    if (text.startsWith("II*\0") || text.startsWith("MM\0*")) {
      return Optional.of(TIFF);
    }
    if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
      return Optional.of(WEBP);
    }
    // A text may begin with "BM" too, but the reserved bytes of a bitmap are zero.
    boolean bitmap = text.startsWith("BM") && text.startsWith("\0\0\0\0", 6);
    return bitmap ? Optional.of(BMP) : Optional.empty();
  }

  /** Returns whether a file's name has an image's extension, in any case. */
  public static boolean hasImageExtension(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String extension = name.substring(dot + 1).toLowerCase(Locale.ROOT);
    return dot >= 0 && Arrays.stream(values()).anyMatch(f -> f.extensions.contains(extension));
  }
}
