package io.graft.runtime;

/** Pretrained weights are missing, damaged, or of another network. */
public final class WeightsException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** An error without a deeper cause. */
  public WeightsException(String message) {
    super(message, null);
  }

  /** An error caused by another. */
  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
