package io.graft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.features.StoredRows;
import io.graft.image.RgbImage;
import io.graft.tensors.TensorType;
import io.graft.train.RowScorer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs single images through all layers of a model. */
final class ImageScorer {

  private final FrozenLayers frozen;
  private final TensorType kept;
  private final RowScorer scorer;
  private final NDManager manager;

  /** The buffer for one image. It is reused, because the JVM frees direct memory late. */
  private final ByteBuffer pixels;

  /**
   * Creates a scorer.
   *
   * @param kept the element type of the model's stored rows. Features are rounded to this type, so
   *     that predictions are the same as in an evaluation.
   * @param manager a manager of the device
   */
  ImageScorer(FrozenLayers frozen, TensorType kept, RowScorer scorer, NDManager manager) {
    this.frozen = frozen;
    this.kept = kept;
    this.scorer = scorer;
    this.manager = manager;
    this.pixels = ByteBuffer.allocateDirect(frozen.input().bytes()).order(ByteOrder.nativeOrder());
  }

  /** Returns the logits of an image, float32 (classes). */
  float[] logits(RgbImage image) {
    frozen.input().write(image, pixels.clear());
    pixels.flip();
    try (NDManager scratch = manager.newSubManager()) {
      NDArray row =
          scratch.create(
              StoredRows.checked(frozen.features(scratch, pixels, 1, kept), kept).values(),
              new Shape(1).addAll(frozen.network().outputShape()),
              kept == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32);
      return scorer.logits(row).toFloatArray();
    }
  }
}
