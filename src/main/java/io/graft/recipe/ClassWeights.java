package io.graft.recipe;

import java.util.Arrays;
import java.util.List;

/**
 * The weights of the classes in the training loss. As in PyTorch, the loss of a batch is the
 * weighted sum over its rows divided by the sum of their weights.
 */
public sealed interface ClassWeights {

  /** Every row has the same weight. */
  record Equal() implements ClassWeights {}

  /**
   * Weights in inverse proportion to the number of rows of a class: all rows / (classes * rows of
   * the class). This is {@code class_weight="balanced"} in scikit-learn.
   */
  record Balanced() implements ClassWeights {}

  /**
   * Weights that the caller chooses.
   *
   * @param values the weights, one per class in the order of the classes, finite and positive
   */
  record Values(List<Double> values) implements ClassWeights {

    /** Checks and copies the weights. */
    public Values {
      values = List.copyOf(values);
      for (double value : values) {
        Components.require(
            value > 0 && Double.isFinite(value),
            "A class weight",
            value,
            "positive numbers, such as 1,2.5");
      }
    }
  }

  /**
   * Returns the weight of each class.
   *
   * @param labels the labels of the training rows, in [0, classes)
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
        // The weight of a class without rows is never used.
        weights[i] = rows[i] == 0 ? 1 : (float) ((double) labels.length / (classes * rows[i]));
      }
    } else {
      Arrays.fill(weights, 1);
    }
    return weights;
  }
}
