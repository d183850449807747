package io.graft.runtime;

/** Reports that pretrained weights are missing, are damaged, or belong to another network. */
public final class WeightsException extends GraftException {

  public WeightsException(String message, String... settings) {
    super(message, null, settings);
  }

  public WeightsException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
