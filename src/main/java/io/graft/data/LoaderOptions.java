package io.graft.data;

import io.graft.runtime.InvalidOptionException;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * The options of an {@link ImageLoader}.
 *
 * @param batchSize the largest number of images in a batch
 * @param threads the number of images that are decoded at the same time
 * @param prefetchBatches the number of batches that are read ahead of the batch in use; memory
 *     holds the pixels of one more batch
 * @param onBadImage the treatment of images that cannot be decoded
 * @param shuffleSeed the seed of a new random order in every epoch; empty for the order of paths
 */
public record LoaderOptions(
    int batchSize,
    int threads,
    int prefetchBatches,
    OnBadImage onBadImage,
    OptionalLong shuffleSeed) {

  /** Checks every value. */
  public LoaderOptions {
    requirePositive("batch size", batchSize);
    requirePositive("number of threads", threads);
    requirePositive("number of prefetched batches", prefetchBatches);
    Objects.requireNonNull(onBadImage, "onBadImage");
    Objects.requireNonNull(shuffleSeed, "shuffleSeed");
  }

  /**
   * Returns the defaults: batches of 32 images in the order of their paths, one thread per
   * available processor, two batches read ahead, and bad images skipped.
   */
  public static LoaderOptions defaults() {
    return new LoaderOptions(
        32, Runtime.getRuntime().availableProcessors(), 2, OnBadImage.SKIP, OptionalLong.empty());
  }

  /** Returns a copy with another batch size. */
  public LoaderOptions withBatchSize(int images) {
    return new LoaderOptions(images, threads, prefetchBatches, onBadImage, shuffleSeed);
  }

  /** Returns a copy with another number of threads. */
  public LoaderOptions withThreads(int count) {
    return new LoaderOptions(batchSize, count, prefetchBatches, onBadImage, shuffleSeed);
  }

  /** Returns a copy with another number of prefetched batches. */
  public LoaderOptions withPrefetchBatches(int batches) {
    return new LoaderOptions(batchSize, threads, batches, onBadImage, shuffleSeed);
  }

  /** Returns a copy with another treatment of images that cannot be decoded. */
  public LoaderOptions withOnBadImage(OnBadImage treatment) {
    return new LoaderOptions(batchSize, threads, prefetchBatches, treatment, shuffleSeed);
  }

  /** Returns a copy that reads the images in a new random order in every epoch. */
  public LoaderOptions withShuffleSeed(long seed) {
    return new LoaderOptions(
        batchSize, threads, prefetchBatches, onBadImage, OptionalLong.of(seed));
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new InvalidOptionException("The " + name + " is " + value + ". Expected at least 1.");
    }
  }
}
