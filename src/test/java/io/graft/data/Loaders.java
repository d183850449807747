package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Checks of loaders. */
final class Loaders {

  private Loaders() {}

  /** Fails if a thread of a loader still lives after two seconds. */
  static void requireNoThreads() throws InterruptedException {
    for (Thread thread : threads()) {
      thread.join(2000);
    }
    assertThat(threads()).isEmpty();
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("graft-image-loader") && thread.isAlive())
        .toList();
  }
}
