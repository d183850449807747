package io.graft.runtime;

/** Pretrained weights are missing, damaged, or of another network. */
public final class WeightsException extends GraftException {

  public WeightsException(String message, String... settings) {
    super(message, null, settings);
  }

  public WeightsException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
