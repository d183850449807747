package io.graft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.graft.backbone.FrozenLayers;
import io.graft.backbone.Workers;
import io.graft.data.Batches;
import io.graft.data.ImageBatch;
import io.graft.data.ImageLoader;
import io.graft.data.LabeledImages;
import io.graft.data.LoaderOptions;
import io.graft.data.OnBadImage;
import io.graft.features.StoredRows;
import io.graft.image.BadImageException;
import io.graft.image.RgbImage;
import io.graft.image.input.InputImages;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.tensors.TensorType;
import io.graft.train.RowScorer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Runs images through all layers of a model. */
final class ImageScorer {

  private static final int BATCHES_PER_WORKER = 2;

  private final FrozenLayers frozen;
  private final TensorType kept;
  private final RowScorer scorer;
  private final NDManager manager;
  private final InputImages inputs;

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
    this.inputs = new InputImages(frozen.input());
    this.pixels = ByteBuffer.allocateDirect(frozen.input().bytes()).order(ByteOrder.nativeOrder());
  }

  /**
   * Returns the logits of an image file, float32 (classes).
   *
   * @throws BadDataException if it cannot be decoded
   */
  float[] logits(Path image) {
    try {
      inputs.write(image, pixels.clear());
    } catch (BadImageException e) {
      throw new BadDataException(
          "Cannot use the image %s: %s. Expected a whole JPEG, PNG, GIF, BMP, TIFF, WebP or PPM file."
              .formatted(image, e.getMessage()),
          e);
    }
    return logits();
  }

  /** Returns the logits of an image, float32 (classes). */
  float[] logits(RgbImage image) {
    inputs.write(image, pixels.clear());
    return logits();
  }

  /** Returns the logits of the image that was written to the buffer. */
  private float[] logits() {
    pixels.flip();
    try (NDManager scratch = manager.newSubManager()) {
      return logits(
          StoredRows.checked(frozen.features(scratch, pixels, 1, kept), kept).values(), 1);
    }
  }

  /** Returns the logits of rows, float32 (rows, classes). */
  private float[] logits(ByteBuffer rows, int count) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray array =
          scratch.create(
              rows,
              new Shape(count).addAll(frozen.network().outputShape()),
              kept == TensorType.F16 ? DataType.FLOAT16 : DataType.FLOAT32);
      return scorer.logits(array).toFloatArray();
    }
  }

  /**
   * Scores images in bounded memory. Decodes them ahead with all processors, and runs the frozen
   * layers on all devices.
   *
   * @param receiver the receiver of one call per image, in the order of the images, on this thread
   */
  void score(LabeledImages images, OnBadImage onBadImage, Answers receiver, Progress progress) {
    int batchSize = frozen.plan().microBatch();
    int batches = Math.max(1, (images.images().size() + batchSize - 1) / batchSize);
    int rowBytes = Math.toIntExact(frozen.network().outputShape().size() * kept.bytes());
    InputImages.sayAbsence(progress::detail);
    OrderedAnswers answers = new OrderedAnswers(images, rowBytes, this::logits, receiver, progress);
    try (Workers workers = frozen.workers(batches, progress);
        Batches read =
            new ImageLoader(
                    images,
                    frozen.input(),
                    LoaderOptions.defaults()
                        .withBatchSize(batchSize)
                        .withOnBadImage(onBadImage)
                        .withPrefetchBatches(BATCHES_PER_WORKER * workers.count()),
                    answers::skip)
                .batches()) {
      while (read.hasNext()) {
        StoppedException.throwIfRequested(progress, "images were classified");
        ImageBatch batch = read.next();
        OrderedAnswers.Rows rows = answers.expect(batch.indices());
        workers.submit(
            batch.pixels(),
            batch.size(),
            kept,
            (first, count, features) ->
                rows.put(first, StoredRows.checked(features, kept).values()),
            () -> {
              batch.close();
              rows.complete();
            });
        answers.giveFull();
      }
      workers.finish();
      answers.giveRest();
    }
  }
}
