package io.graft.recipe;

import io.graft.data.splits.SeededOrder;

/**
 * The streams of random numbers that a fit draws from one seed, one per purpose. The numbers of the
 * streams must not change, because models, checkpoints and published results depend on them.
 *
 * <p>{@link #HEAD} and {@link #SEARCH_SPLIT} have the same seeds as {@link #EPOCH_ORDER} in epochs
 * 1 and 2. This is harmless, because they seed different generators. The seeds of {@link #DROPOUT}
 * begin after those of the last possible epoch.
 */
public enum SeedStream {
  /** Orders the rows of an epoch. The index is the epoch, counted from 1 through all stages. */
  EPOCH_ORDER(0),
  /** Draws the head's initial weights. */
  HEAD(1),
  /** Splits the training images for the learning rate search. */
  SEARCH_SPLIT(2),
  /** Draws the values that dropout sets to zero. The index is the epoch. */
  DROPOUT(1L << 32);

  private final long first;

  SeedStream(long first) {
    this.first = first;
  }

  /** Returns the seed of a stream with a single seed. */
  public long seed(long fitSeed) {
    return seed(fitSeed, 0);
  }

  /**
   * Returns a seed of a stream.
   *
   * @param index the index of the seed within the stream, at least 0
   */
  public long seed(long fitSeed, int index) {
    return SeededOrder.mix(fitSeed, first + index);
  }
}
