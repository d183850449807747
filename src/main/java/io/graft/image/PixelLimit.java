package io.graft.image;

/** Checks of the size that an image's header claims, before memory is allocated for it. */
final class PixelLimit {

  private static final long MAX_PIXELS = 100_000_000;

  private PixelLimit() {}

  /** Refuses an image without pixels, or with too many. */
  static void checkSize(long width, long height) throws BadImageException {
    if (width < 1 || height < 1) {
      throw new BadImageException(
          "the header claims an image of %s x %s pixels".formatted(width, height));
    }
    if (width > MAX_PIXELS || height > MAX_PIXELS || width * height > MAX_PIXELS) {
      throw new BadImageException(
          "the image has %s x %s pixels; at most %s (100 megapixels) are decoded"
              .formatted(width, height, MAX_PIXELS));
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
