package io.graft.data;

import io.graft.image.codec.ImageDecoder;
import io.graft.runtime.InvalidOptionException;

/**
 * What to do with an image that cannot be decoded, and which images are too large to decode.
 *
 * @param fails whether it ends the run with an error that names the image; otherwise the image is
 *     reported and left out
 * @param maxPixels the most pixels of an image; a larger one counts as an image that cannot be
 *     decoded
 */
public record OnBadImage(boolean fails, long maxPixels) {

  /** Reports the image and leaves it out. */
  public static final OnBadImage SKIP = new OnBadImage(false, ImageDecoder.MAX_PIXELS);

  /** Ends the run with an error that names the image. */
  public static final OnBadImage FAIL = new OnBadImage(true, ImageDecoder.MAX_PIXELS);

  /** Checks the number of pixels. */
  public OnBadImage {
    if (maxPixels < 1 || maxPixels > ImageDecoder.MOST_PIXELS) {
      throw new InvalidOptionException(
          "The most pixels of an image are %s. Expected a number from 1 to %s."
              .formatted(maxPixels, ImageDecoder.MOST_PIXELS),
          "max-pixels");
    }
  }

  /** Returns this with another limit of pixels. */
  public OnBadImage withMaxPixels(long pixels) {
    return pixels == maxPixels ? this : new OnBadImage(fails, pixels);
  }

  /** Returns the treatment in one word: skip or fail. */
  public String word() {
    return fails ? "fail" : "skip";
  }
}
