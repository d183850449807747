package io.graft.runtime;

/**
 * One result of {@link Doctor}.
 *
 * @param name what was examined
 * @param status whether it is in order
 * @param value what was found
 * @param remedy what to do; empty if there is nothing to do
 */
public record Finding(String name, Status status, String value, String remedy) {

  /** The status of a finding. */
  public enum Status {
    /** In order, or a plain fact. */
    OK,
    /** Graft works, but less well. */
    WARNING,
    /** Graft does not work. */
    ERROR
  }

  /** Returns a finding of something that is in order, or of a plain fact. */
  public static Finding ok(String name, String value) {
    return new Finding(name, Status.OK, value, "");
  }
}
