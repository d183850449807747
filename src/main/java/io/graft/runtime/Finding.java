package io.graft.runtime;

/**
 * One thing that {@link Doctor} looked at.
 *
 * @param name what was looked at
 * @param status whether it is as it should be
 * @param value what was found
 * @param remedy what to do; empty where there is nothing to do
 */
public record Finding(String name, Status status, String value, String remedy) {

  /** Whether something is as it should be. */
  public enum Status {
    /** As it should be, or a plain fact. */
    OK,
    /** Graft works without, but less well. */
    WARNING,
    /** Graft does not work like this. */
    ERROR
  }

  /** Something that is as it should be, or a plain fact. */
  public static Finding ok(String name, String value) {
    return new Finding(name, Status.OK, value, "");
  }
}
