package io.graft.image.codec;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Optional;

/**
 * Decodes JPEG with libjpeg-turbo, if it is installed. This takes less than half of ImageIO's time.
 * It is used only for images that both decode to the same bytes. On any error or warning it returns
 * nothing, so that ImageIO's decoder alone decides which files are refused.
 *
 * @see <a href="https://rawcdn.githack.com/libjpeg-turbo/libjpeg-turbo/2.1.0/doc/html/index.html">
 *     TurboJPEG's C interface</a>
 */
final class TurboJpeg {

  // Constants of turbojpeg.h.
  private static final int TJPF_RGB = 0;
  private static final int TJFLAG_ACCURATEDCT = 4096;
  private static final int TJFLAG_STOPONWARNING = 8192;

  /** The names of the library with and without its development package, and on Windows. */
  private static final List<String> NAMES =
      List.of("turbojpeg", "libturbojpeg.so.0", "libturbojpeg");

  private static final Optional<String> LIBRARY = bind();

  private TurboJpeg() {}

  /** Returns the file name of the library; empty if it was not found. */
  static Optional<String> fileName() {
    return LIBRARY;
  }

  /**
   * Decodes an image whose header has been read.
   *
   * @param encoded the content of a whole JPEG file in greyscale or YCbCr
   * @return the pixels, uint8 HWC RGB, shape (height, width, 3), by libjpeg's accurate transform
   *     and smooth upsampling; empty without the library, or if it reports an error or a warning
   */
  static Optional<byte[]> decode(byte[] encoded, int width, int height) {
    if (LIBRARY.isEmpty()) {
      return Optional.empty();
    }
    byte[] pixels = new byte[Math.multiplyExact(3 * width, height)];
    Pointer handle = tjInitDecompress();
    if (handle == null) {
      return Optional.empty();
    }
    try {
      int status =
          tjDecompress2(
              handle,
              encoded,
              new NativeLong(encoded.length),
              pixels,
              width,
              3 * width,
              height,
              TJPF_RGB,
              TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING);
      return status == 0 ? Optional.of(pixels) : Optional.empty();
    } finally {
      tjDestroy(handle);
    }
  }

  private static Optional<String> bind() {
    for (String name : NAMES) {
      try {
        Native.register(TurboJpeg.class, name);
        return Optional.of(name);
      } catch (LinkageError e) {
        // There is no library of this name, or it lacks a function.
      }
    }
    return Optional.empty();
  }

  private static native Pointer tjInitDecompress();

  private static native int tjDecompress2(
      Pointer handle,
      byte[] encoded,
      NativeLong encodedBytes,
      byte[] pixels,
      int width,
      int pitch,
      int height,
      int pixelFormat,
      int flags);

  private static native int tjDestroy(Pointer handle);
}
