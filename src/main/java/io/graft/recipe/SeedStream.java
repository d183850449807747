package io.graft.recipe;

import io.graft.data.SeededOrder;

/**
 * The streams of random numbers that a fit draws from one seed. A stream belongs to one purpose and
 * never changes its number: models, checkpoints and published results depend on it.
 *
 * <p>{@link #HEAD} and {@link #SEARCH_SPLIT} share their numbers with the orders of epochs 1 and 2.
 * That does no harm, because they feed other generators: weights are drawn by SplitMix64, orders
 * are shuffles of another length. {@link #DROPOUT} begins after the last possible epoch.
 */
public enum SeedStream {
  /** Orders the rows of an epoch; its index is the epoch, from 1 through all stages. */
  EPOCH_ORDER(0),
  /** Draws the head's first weights. */
  HEAD(1),
  /** Splits the training images for the search of a learning rate. */
  SEARCH_SPLIT(2),
  /** Draws what dropout sets to zero; its index is the epoch. */
  DROPOUT(1L << 32);

  private final long first;

  SeedStream(long first) {
    this.first = first;
  }

  /** Returns the seed of a stream that has one. */
  public long seed(long fitSeed) {
    return seed(fitSeed, 0);
  }

  /**
   * Returns a seed of a stream.
   *
   * @param index which of the stream's seeds, at least 0
   */
  public long seed(long fitSeed, int index) {
    return SeededOrder.mix(fitSeed, first + index);
  }
}
