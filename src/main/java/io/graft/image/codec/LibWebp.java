package io.graft.image.codec;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Optional;

/**
 * Decodes WebP with libwebp, if it is installed. Pillow decodes with it too, so the pixels are the
 * same to the byte.
 *
 * @see <a href="https://developers.google.com/speed/webp/docs/api">libwebp's C interface</a>
 */
final class LibWebp {

  static final String HOW_TO_INSTALL =
      "Debian, Ubuntu: apt install libwebp7; Fedora: dnf install libwebp; macOS: brew install webp";

  /** The library's names: with its development package, without, and on macOS and Windows. */
  private static final List<String> NAMES =
      List.of(
          "webp",
          "libwebp.so.7",
          "libwebp.so.6",
          "libwebp.7.dylib",
          "/opt/homebrew/lib/libwebp.dylib",
          "libwebp",
          "libwebp-7");

  private static final Optional<String> LIBRARY = bind();

  private LibWebp() {}

  /** Returns the file name of the library; empty if it was not found. */
  static Optional<String> fileName() {
    return LIBRARY;
  }

  /**
   * Decodes one image.
   *
   * @param chunks the image's chunks: VP8L, or VP8 with or without ALPH before it
   * @return the pixels, uint8 HWC RGB, shape (height, width, 3), without alpha; empty if the data
   *     is damaged or cut off
   */
  static Optional<byte[]> decode(byte[] chunks, int width, int height) {
    byte[] pixels = new byte[Math.multiplyExact(3 * width, height)];
    Pointer end = WebPDecodeRGBInto(chunks, chunks.length, pixels, pixels.length, 3 * width);
    return end == null ? Optional.empty() : Optional.of(pixels);
  }

  private static Optional<String> bind() {
    for (String name : NAMES) {
      try {
        Native.register(LibWebp.class, name);
        return Optional.of(name);
      } catch (LinkageError e) {
        // There is no library of this name, or it lacks the function.
      }
    }
    return Optional.empty();
  }

  // The sizes are C's size_t, which has 64 bits wherever libtorch runs.
  private static native Pointer WebPDecodeRGBInto(
      byte[] chunks, long chunkBytes, byte[] pixels, long pixelBytes, int stride);
}
