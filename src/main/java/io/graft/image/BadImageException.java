package io.graft.image;

/**
 * Thrown if a file is not a usable image. The message is the reason in words. It does not name the
 * file, because the caller adds the name.
 */
public final class BadImageException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an exception without a cause. */
  public BadImageException(String reason) {
    super(reason);
  }

  /** Creates an exception with a cause. */
  public BadImageException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
