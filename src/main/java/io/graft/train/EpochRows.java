package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.features.FeatureStore;
import io.graft.recipe.FitOptions;
import io.graft.recipe.SeedStream;
import java.util.Arrays;
import java.util.List;

/** The training rows, ordered and divided into batches for one epoch at a time. */
final class EpochRows {

  private final FeatureStore store;
  private final FitOptions options;
  private final RowBatches rows;
  private int[] order = {};

  /**
   * Creates the rows of a store.
   *
   * @param owner the owner of the copy of the rows on its device
   */
  EpochRows(FeatureStore store, FitOptions options, NDManager owner) {
    this.store = store;
    this.options = options;
    int largestBatch = Math.min(options.batchSize(), store.rows());
    this.rows = new RowBatches(store, largestBatch, ResidentRows.where(store, owner));
  }

  /**
   * Draws the order of an epoch.
   *
   * @param epoch the number of the epoch, counted from 1 through all stages
   * @param done how many batches of the epoch are already done
   */
  void begin(int epoch, int done) {
    order =
        options
            .objective()
            .sampling()
            .order(store.labels(), SeedStream.EPOCH_ORDER.seed(options.seed(), epoch));
    rows.begin(order, start(done), options.batchSize(), epoch);
  }

  /** Returns how many batches an epoch has. */
  int batches() {
    return (store.rows() - 1) / options.batchSize() + 1;
  }

  /** Returns how many rows an epoch has. */
  int rows() {
    return store.rows();
  }

  /** Returns the features of a batch, (n, ...). They are valid until the next call. */
  NDArray features(NDManager manager, int batch) {
    return rows.features(manager, order, start(batch), start(batch + 1));
  }

  /** Returns the labels of a batch, int64 (n). */
  NDArray labels(NDManager manager, int batch) {
    return rows.labels(manager, order, start(batch), start(batch + 1));
  }

  /** Returns the names of a batch's images. */
  List<String> names(int batch) {
    return Arrays.stream(order, start(batch), start(batch + 1))
        .mapToObj(store::name)
        .distinct()
        .toList();
  }

  /** Returns the index of the first row of a batch within the epoch. */
  int start(int batch) {
    return (int) Math.min(store.rows(), (long) batch * options.batchSize());
  }
}
