package io.graft.image;

/**
 * Thrown if a file is not a usable image. The message is the reason in words. It does not name the
 * file, because the caller adds the name.
 */
public final class BadImageException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean tooLarge;

  /** Creates an exception without a cause. */
  public BadImageException(String reason) {
    this(reason, null);
  }

  /** Creates an exception with a cause. */
  public BadImageException(String reason, Throwable cause) {
    super(reason, cause);
    tooLarge = false;
  }

  private BadImageException(String reason, boolean tooLarge) {
    super(reason);
    this.tooLarge = tooLarge;
  }

  /** Creates an exception for an image with more pixels than the caller allows. */
  public static BadImageException tooLarge(String reason) {
    return new BadImageException(reason, true);
  }

  /** Returns whether the image has more pixels than the caller allows. */
  public boolean isTooLarge() {
    return tooLarge;
  }
}
