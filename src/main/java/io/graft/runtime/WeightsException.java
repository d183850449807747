package io.graft.runtime;

/** Pretrained weights are missing, damaged, or of another network. */
public final class WeightsException extends GraftException {

  private static final long serialVersionUID = 1L;

  /** Creates an error; see {@link #settings} for the names of settings. */
  public WeightsException(String message, String... settings) {
    super(message, null, settings);
  }

  /** Creates an error that another one has caused. */
  public WeightsException(String message, Throwable cause, String... settings) {
    super(message, cause, settings);
  }
}
