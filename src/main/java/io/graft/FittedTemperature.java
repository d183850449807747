package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.eval.Temperature;
import io.graft.features.Extraction;
import io.graft.model.ModelCard;
import io.graft.nn.NetworkBlock;
import io.graft.train.RowScorer;
import java.util.OptionalDouble;

/** The temperature of a model that was just trained. */
final class FittedTemperature {

  private FittedTemperature() {}

  /**
   * Fits it on validation rows.
   *
   * @param listener told if none fits; the model stays uncalibrated then
   */
  static double of(
      NetworkBlock head, NDManager manager, Extraction validation, FitListener listener) {
    return of(
        new RowScorer(head, manager).logits(validation.store()),
        validation.store().labels(),
        listener);
  }

  /**
   * Fits it on logits of rows that were not trained on.
   *
   * @param logits float32 (rows, classes)
   */
  static double of(float[][] logits, int[] labels, FitListener listener) {
    OptionalDouble fitted = Temperature.fit(logits, labels);
    if (fitted.isEmpty()) {
      listener.note(
          "Not calibrated: the validation images are all classified right, or their scores say"
              + " nothing about their classes. Validate on more images.");
    }
    return fitted.orElse(ModelCard.UNCALIBRATED);
  }
}
