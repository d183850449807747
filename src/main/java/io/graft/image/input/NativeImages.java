package io.graft.image.input;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.graft.image.codec.JpegFile;
import io.graft.runtime.BundledLibrary;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Graft's C library for images, {@code native/graft_images.h}. It decodes what an input needs of a
 * JPEG file, and resizes with the processor's vector instructions. On any doubt it refuses.
 */
final class NativeImages {

  /** The version of the interface that this class calls. */
  private static final int VERSION = 1;

  private static final int OK = 0;
  private static final int MEMORY = -3;

  /** Full size, in eighths. */
  static final int FULL_SIZE = 8;

  /** What the library says about itself; null if it is not used. */
  private static final String DESCRIPTION;

  /** Why the library is not used; null if it is. */
  private static final String ABSENCE;

  static {
    String reason = new BundledLibrary("graft_images").load(NativeImages::bind).orElse(null);
    String description = null;
    if (reason == null) {
      Pointer text = graft_images_describe();
      description = text == null ? null : text.getString(0);
      if (graft_images_version() != VERSION) {
        reason =
            "of another version: " + graft_images_version() + ", where " + VERSION + " is expected";
      } else if (description == null) {
        reason = "compiled for another libjpeg than the one that is installed";
      }
    }
    ABSENCE = reason;
    DESCRIPTION = reason == null ? description : null;
  }

  private NativeImages() {}

  /** Returns what the library says about itself; empty if it is not used. */
  static Optional<String> description() {
    return Optional.ofNullable(DESCRIPTION);
  }

  /** Returns why the library is not used; empty if it is. */
  static Optional<String> absence() {
    return Optional.ofNullable(ABSENCE);
  }

  static boolean isPresent() {
    return ABSENCE == null;
  }

  /** Creates the memory for one image at a time. Returns 0 if there is none. */
  static long create() {
    return graft_images_new();
  }

  /** Frees what {@link #create} created. */
  static void free(long images) {
    graft_images_free(images);
  }

  /**
   * Decodes views of a JPEG file.
   *
   * @param encoded the address of the file's content
   * @param views the address of {@code count} views, as {@link Workspace} writes them
   * @param destination the address of the result, uint8 (count, height, width, 3)
   * @return whether it did; if not, the destination's content is undefined
   * @throws OutOfMemoryError if memory is short for a smaller size, for which there is no other way
   */
  static boolean jpeg(
      long images,
      JpegFile file,
      long encoded,
      int eighths,
      long views,
      int count,
      long destination) {
    int status =
        graft_images_jpeg(
            images,
            encoded,
            file.content().limit(),
            file.width(),
            file.height(),
            file.colors() == JpegFile.Colors.GREY ? 0 : 1,
            file.orientation(),
            eighths,
            views,
            count,
            destination);
    if (status == MEMORY && eighths < FULL_SIZE) {
      throw new OutOfMemoryError("decoding a JPEG image at a smaller size");
    }
    return status == OK;
  }

  /** Makes views of an upright image, uint8 (height, width, 3), like {@link #jpeg}. */
  static boolean pixels(
      long images, long pixels, int width, int height, long views, int count, long destination) {
    return graft_images_pixels(images, pixels, width, height, 1, views, count, destination) == OK;
  }

  private static void bind(Path file) {
    Native.register(NativeImages.class, file.toString());
  }

  private static native int graft_images_version();

  private static native Pointer graft_images_describe();

  private static native long graft_images_new();

  private static native void graft_images_free(long images);

  private static native int graft_images_jpeg(
      long images,
      long encoded,
      long bytes,
      int width,
      int height,
      int colors,
      int orientation,
      int scale,
      long views,
      int count,
      long out);

  private static native int graft_images_pixels(
      long images,
      long pixels,
      int width,
      int height,
      int orientation,
      long views,
      int count,
      long out);
}
