package io.graft.testing;

import io.graft.runtime.Progress;
import java.util.function.Consumer;

/** Hands on the notes of a run. */
public final class Notes {

  private Notes() {}

  /** Returns a follower of a run that hands on its notes and nothing else. */
  public static Progress to(Consumer<String> notes) {
    return new Progress() {
      @Override
      public void note(String line) {
        notes.accept(line);
      }
    };
  }
}
