package io.graft.model;

import io.graft.data.BadImage;
import io.graft.data.LabeledImage;
import io.graft.data.LabeledImages;
import io.graft.runtime.Progress;
import io.graft.train.RowScorer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.BiFunction;

/**
 * Puts the features of batches, which several devices compute in any order, into the order of the
 * images. Scores them in groups as large as those of an evaluation, so that both give the same
 * logits, and passes on one answer per image.
 */
final class OrderedAnswers {

  private final LabeledImages images;
  private final int rowBytes;
  private final BiFunction<ByteBuffer, Integer, float[]> scores;
  private final Answers receiver;
  private final Progress progress;

  private final Queue<Rows> expected = new ArrayDeque<>();
  private final Map<Path, BadImage> bad = new HashMap<>();

  /** The rows that wait for their group to be full, and the positions of their images. */
  private final ByteBuffer group;

  private final int[] grouped;
  private int waiting;

  /** The position of the next image to answer. */
  private int next;

  /**
   * Creates a collector.
   *
   * @param scores a function from rows and their number to their logits, one row after the other
   */
  OrderedAnswers(
      LabeledImages images,
      int rowBytes,
      BiFunction<ByteBuffer, Integer, float[]> scores,
      Answers receiver,
      Progress progress) {
    this.images = images;
    this.rowBytes = rowBytes;
    this.scores = scores;
    this.receiver = receiver;
    this.progress = progress;
    this.grouped = new int[Math.min(RowScorer.BATCH_SIZE, images.images().size())];
    this.group =
        ByteBuffer.allocateDirect(Math.multiplyExact(grouped.length, rowBytes))
            .order(ByteOrder.nativeOrder());
  }

  /** The features of a batch of images. */
  final class Rows {

    private final int[] positions;
    private final ByteBuffer values;
    private boolean complete;

    private Rows(int[] positions) {
      this.positions = positions;
      this.values = ByteBuffer.allocate(Math.multiplyExact(positions.length, rowBytes));
    }

    /** Takes consecutive rows, from the given index on. Called on the thread of a worker. */
    void put(int first, ByteBuffer rows) {
      values.put(first * rowBytes, rows, rows.position(), rows.remaining());
    }

    /** Reports that all rows are here. Called on the thread that gives the answers. */
    void complete() {
      complete = true;
    }
  }

  /** Announces the next batch. The answers follow the order of these calls. */
  Rows expect(int[] positions) {
    Rows rows = new Rows(positions);
    expected.add(rows);
    return rows;
  }

  /** Takes note of a file that cannot be decoded. */
  void skip(BadImage image) {
    bad.put(image.path(), image);
  }

  /** Gives the answers of all full groups. */
  void giveFull() {
    while (!expected.isEmpty() && expected.element().complete) {
      Rows rows = expected.remove();
      for (int row = 0; row < rows.positions.length; row++) {
        grouped[waiting++] = rows.positions[row];
        group.put(rows.values.slice(row * rowBytes, rowBytes));
        if (waiting == grouped.length) {
          giveGroup();
        }
      }
    }
  }

  /** Gives the answers of all images that are left. */
  void giveRest() {
    giveFull();
    if (waiting > 0) {
      giveGroup();
    }
    skipUntil(images.images().size());
  }

  private void giveGroup() {
    float[] logits = scores.apply(group.flip(), waiting);
    int classes = logits.length / waiting;
    for (int row = 0; row < waiting; row++) {
      skipUntil(grouped[row]);
      float[] ofRow = Arrays.copyOfRange(logits, row * classes, (row + 1) * classes);
      receiver.answered(image(next++), ofRow);
    }
    group.clear();
    waiting = 0;
    progress.advanced(Progress.Phase.EXTRACT, next, images.images().size());
  }

  private void skipUntil(int position) {
    while (next < position) {
      Path path = image(next++).path();
      receiver.skipped(bad.get(path));
    }
  }

  private LabeledImage image(int position) {
    return images.images().get(position);
  }
}
