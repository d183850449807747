package io.graft.fetch;

import java.nio.file.Path;

/**
 * What a look at a cached file showed.
 *
 * @param state whether it is the published one
 * @param file where it is, or would be
 * @param message the same for a person: what was found, what was expected, what to do
 */
public record CacheCheck(State state, Path file, String message) {

  /** Whether a cached file is the published one. */
  public enum State {
    /** It is here and has the published size and digest. */
    PRESENT,
    /** It is not here. */
    MISSING,
    /** Something else has its name. */
    DAMAGED
  }
}
