package io.graft.backbone;

import io.graft.runtime.Progress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * What users should know about the layers on a device. Workers add lines on their threads, and the
 * thread that submits batches reports them, each once.
 */
final class Notices {

  private final Queue<Consumer<Progress>> lines = new ConcurrentLinkedQueue<>();

  /** Adds a line that every user should see. */
  void note(String line) {
    lines.add(progress -> progress.note(line));
  }

  /** Adds a line for users who asked for details. */
  void detail(String line) {
    lines.add(progress -> progress.detail(line));
  }

  /** Reports the lines that have come since the last report. */
  void report(Progress to) {
    for (Consumer<Progress> line = lines.poll(); line != null; line = lines.poll()) {
      line.accept(to);
    }
  }
}
