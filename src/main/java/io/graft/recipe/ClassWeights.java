package io.graft.recipe;

import io.graft.runtime.InvalidOptionException;
import java.util.Arrays;
import java.util.List;

/**
 * How much the rows of each class count in the training loss. As in PyTorch, a batch's loss is the
 * weighted sum over its rows divided by the sum of their weights.
 */
public sealed interface ClassWeights {

  /** Every row counts alike. */
  record Equal() implements ClassWeights {}

  /**
   * The rows of a class count in inverse proportion to their number: rows / (classes * rows of the
   * class), scikit-learn's {@code class_weight="balanced"}.
   */
  record Balanced() implements ClassWeights {}

  /**
   * Weights as given.
   *
   * @param values one per class, in the order of the classes, finite and positive
   */
  record Values(List<Double> values) implements ClassWeights {

    /** Checks and copies the weights. */
    public Values {
      values = List.copyOf(values);
      for (double value : values) {
        if (!(value > 0) || Double.isInfinite(value)) {
          throw new InvalidOptionException(
              "A class weight is " + value + ": expected positive numbers, such as 1,2.5.");
        }
      }
    }
  }

  /**
   * The weight of each class.
   *
   * @param labels of the training rows, in [0, classes)
   * @return one number per class
   */
  default float[] of(int[] labels, int classes) {
    float[] weights = new float[classes];
    if (this instanceof Values given) {
      for (int i = 0; i < classes; i++) {
        weights[i] = given.values.get(i).floatValue();
      }
    } else if (this instanceof Balanced) {
      long[] rows = new long[classes];
      for (int label : labels) {
        rows[label]++;
      }
      for (int i = 0; i < classes; i++) {
        // A class without rows has no part in the loss.
        weights[i] = rows[i] == 0 ? 1 : (float) ((double) labels.length / (classes * rows[i]));
      }
    } else {
      Arrays.fill(weights, 1);
    }
    return weights;
  }
}
