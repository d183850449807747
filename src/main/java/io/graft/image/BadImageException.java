package io.graft.image;

/**
 * A file that is no usable picture. The message is the reason in words, without the file's name:
 * whoever knows the name adds it.
 */
public final class BadImageException extends Exception {

  private static final long serialVersionUID = 1L;

  /** A reason without a deeper cause. */
  public BadImageException(String reason) {
    super(reason);
  }

  /** A reason found by another error. */
  public BadImageException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
