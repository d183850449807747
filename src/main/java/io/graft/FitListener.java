package io.graft;

import io.graft.backbone.PlanListener;
import io.graft.data.BadImage;
import io.graft.features.FeatureExtractor;
import io.graft.train.EpochMetrics;
import io.graft.zoo.FetchProgress;

/** Told how a fit goes on, on the thread that fits; every method does nothing unless overridden. */
public interface FitListener extends FeatureExtractor.Progress, FetchProgress, PlanListener {

  /** A listener that does nothing. */
  FitListener NONE = new FitListener() {};

  @Override
  default void advanced(long bytesDone, long bytesTotal) {}

  @Override
  default void note(String line) {}

  @Override
  default void detail(String line) {}

  @Override
  default void extracted(int done, int total) {}

  @Override
  default void skipped(BadImage image) {}

  @Override
  default void checked(int done, int total) {}

  /** So many of an epoch's {@code total} images are done. */
  default void trained(int epoch, int done, int total) {}

  /** An epoch is over. */
  default void epochEnded(EpochMetrics metrics, int epochs) {}

  /**
   * Whether to stop; asked before every forward pass while a precision is chosen, and after every
   * step of training. Training then writes a checkpoint, where those are asked for. Both end with a
   * {@link io.graft.runtime.StoppedException}.
   */
  @Override
  default boolean stopRequested() {
    return false;
  }
}
