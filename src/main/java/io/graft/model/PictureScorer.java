package io.graft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenPrefix;
import io.graft.features.StoredRows;
import io.graft.image.RgbImage;
import io.graft.train.RowScorer;
import io.graft.weights.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs one picture through all layers of a model. */
final class PictureScorer {

  private PictureScorer() {}

  /**
   * A picture's logits.
   *
   * @param kept the type in which the model's rows were kept; this one is rounded to it, so that
   *     the answer is the one evaluated
   * @param manager of the device
   * @return float32 (classes)
   */
  static float[] logits(
      RgbImage image, FrozenPrefix prefix, TensorType kept, RowScorer scorer, NDManager manager) {
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(prefix.input().bytes()).order(ByteOrder.nativeOrder());
    prefix.input().write(image, pixels);
    pixels.flip();
    try (NDManager scratch = manager.newSubManager()) {
      NDArray row =
          scratch.create(
              StoredRows.checked(prefix.activations(scratch, pixels, 1, kept), kept).values(),
              new Shape(1).addAll(prefix.network().outputShape()),
              kept == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32);
      return scorer.logits(row).toFloatArray();
    }
  }
}
