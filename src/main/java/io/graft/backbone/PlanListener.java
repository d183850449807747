package io.graft.backbone;

/** Told how the way to compute the frozen layers was chosen; does nothing unless overridden. */
public interface PlanListener {

  /** Something that everybody should know, one line. */
  default void note(String line) {}

  /** A measurement, one line, for those who asked for more. */
  default void detail(String line) {}

  /**
   * Whether to stop; asked before every forward pass. It ends with a {@link
   * io.graft.runtime.StoppedException} then.
   */
  default boolean stopRequested() {
    return false;
  }
}
