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

/** Runs one picture after another through all layers of a model. */
final class ImageScorer {

  private final FrozenLayers prefix;
  private final TensorType kept;
  private final RowScorer scorer;
  private final NDManager manager;

  /** The pixels of one picture, used again because the JVM frees such memory late. */
  private final ByteBuffer pixels;

  /**
   * A scorer of single pictures.
   *
   * @param kept the type in which the model's rows were kept; these are rounded to it, so that an
   *     answer is the one evaluated
   * @param manager of the device
   */
  ImageScorer(FrozenLayers prefix, TensorType kept, RowScorer scorer, NDManager manager) {
    this.prefix = prefix;
    this.kept = kept;
    this.scorer = scorer;
    this.manager = manager;
    this.pixels = ByteBuffer.allocateDirect(prefix.input().bytes()).order(ByteOrder.nativeOrder());
  }

  /** A picture's logits, float32 (classes). */
  float[] logits(RgbImage image) {
    prefix.input().write(image, pixels.clear());
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
