package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.graft.features.FeatureStore;
import io.graft.nn.LayerScript;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.torchscript.TorchScriptModule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Computes the logits of rows with trained layers. */
public final class RowScorer {

  /** A fixed size, so that validation in training and later evaluations give identical results. */
  public static final int BATCH_SIZE = 32;

  private static final String CLASS = "RowScorer";

  private final NDManager manager;
  private final TorchScriptModule module;
  private final List<NDArray> parameters;

  /**
   * Creates a scorer that uses the layers' current parameters in each call.
   *
   * @param manager a manager of the device that holds the parameters
   */
  public RowScorer(NetworkBlock trained, NDManager manager) {
    this.manager = manager;
    this.module =
        TorchScriptModule.ofMethods(
            CLASS, LayerScript.method(CLASS, trained.network(), Precision.FP32), manager);
    this.parameters = trained.arrays();
  }

  /**
   * Scores a batch.
   *
   * @param rows the features of the batch, float16 or float32 (n, ...)
   * @return float32 logits (n, classes), owned by the rows' manager
   */
  public NDArray logits(NDArray rows) {
    return module.call("layers", rows.getManager(), rows, parameters, false);
  }

  /**
   * Scores every row of a store.
   *
   * @return float32 logits (rows, classes)
   */
  public float[][] logits(FeatureStore store) {
    return logits(new RowBatches(store, BATCH_SIZE));
  }

  /** Scores every row. The batches must have room for at least {@link #BATCH_SIZE} rows. */
  float[][] logits(RowBatches batches) {
    int[] order = IntStream.range(0, batches.rows()).toArray();
    batches.begin(order, 0, BATCH_SIZE, 0);
    float[][] logits = new float[order.length][];
    for (int from = 0; from < order.length; from += BATCH_SIZE) {
      int to = Math.min(order.length, from + BATCH_SIZE);
      try (NDManager scratch = manager.newSubManager()) {
        float[] scores = logits(batches.features(scratch, order, from, to)).toFloatArray();
        int classes = scores.length / (to - from);
        for (int i = from; i < to; i++) {
          logits[i] = Arrays.copyOfRange(scores, (i - from) * classes, (i - from + 1) * classes);
        }
      }
    }
    return logits;
  }
}
