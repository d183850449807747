package io.graft.fetch;

import java.nio.file.Path;

/**
 * The result of checking a cached file.
 *
 * @param state whether the file is the published file
 * @param file the path of the file, whether or not it exists
 * @param message the result in words: what was found, what was expected, what to do
 */
public record CacheCheck(State state, Path file, String message) {

  /** Whether a cached file is the published one. */
  public enum State {
    /** It has the published size and digest. */
    PRESENT,
    /** It does not exist. */
    MISSING,
    /** Its path holds something else. */
    DAMAGED
  }
}
