package io.graft.data;

import io.graft.runtime.InvalidOptionException;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * How images are read.
 *
 * @param batchSize the most images in a batch
 * @param threads how many images are decoded at the same time
 * @param prefetchBatches how many batches are read ahead of the one in use; memory holds the pixels
 *     of one batch more than this
 * @param onBadImage what becomes of an image that cannot be decoded
 * @param shuffleSeed a random order of the images, another one in each pass; empty for the order of
 *     their paths
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
   * Batches of 32 in the order of the paths, a thread per available processor, two batches ahead,
   * bad images left out.
   */
  public static LoaderOptions defaults() {
    return new LoaderOptions(
        32, Runtime.getRuntime().availableProcessors(), 2, OnBadImage.SKIP, OptionalLong.empty());
  }

  /** These options with another batch size. */
  public LoaderOptions withBatchSize(int images) {
    return new LoaderOptions(images, threads, prefetchBatches, onBadImage, shuffleSeed);
  }

  /** These options with another number of threads. */
  public LoaderOptions withThreads(int count) {
    return new LoaderOptions(batchSize, count, prefetchBatches, onBadImage, shuffleSeed);
  }

  /** These options with another number of batches read ahead. */
  public LoaderOptions withPrefetchBatches(int batches) {
    return new LoaderOptions(batchSize, threads, batches, onBadImage, shuffleSeed);
  }

  /** These options with another treatment of images that cannot be decoded. */
  public LoaderOptions withOnBadImage(OnBadImage treatment) {
    return new LoaderOptions(batchSize, threads, prefetchBatches, treatment, shuffleSeed);
  }

  /** These options with a random order. */
  public LoaderOptions withShuffleSeed(long seed) {
    return new LoaderOptions(
        batchSize, threads, prefetchBatches, onBadImage, OptionalLong.of(seed));
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new InvalidOptionException(
          "The " + name + " is " + value + ". Expected at least 1. Give a larger number.");
    }
  }
}
