package io.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Checks for loader threads that have not ended. */
final class Loaders {

  private Loaders() {}

  /** Fails if a loader thread is still alive after two seconds. */
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
