package io.graft.fit;

import ai.djl.ndarray.NDManager;
import io.graft.eval.Decision;
import io.graft.eval.Evaluation;
import io.graft.eval.Outputs;
import io.graft.eval.Temperature;
import io.graft.features.FeatureStore;
import io.graft.recipe.FitOptions;
import io.graft.runtime.Progress;
import io.graft.train.RowScorer;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rule that turns the logits of trained layers into predictions. If the options ask for it, a
 * temperature or thresholds are fitted on the validation rows after training.
 *
 * @param evaluation the evaluation on the validation rows, without a fitted temperature; empty
 *     without validation rows
 */
record FittedDecision(Decision decision, Optional<Evaluation> evaluation) {

  /**
   * Fits a temperature or thresholds if the options ask for one of them.
   *
   * @param rows the rows of the last stage, whose validation rows are used
   * @param manager the owner of the trained parameters
   * @param given the temperature that the folds of a cross-validation found; otherwise empty
   */
  static FittedDecision fit(
      FitOptions options,
      StageRows rows,
      StagedTraining.Result trained,
      NDManager manager,
      OptionalDouble given,
      Progress progress) {
    Outputs outputs = options.objective().loss().outputs();
    Optional<Evaluation> evaluation = trained.last().evaluation();
    if (options.fitThresholds() || options.calibrate()) {
      FeatureStore validation = rows.validation().orElseThrow().store();
      float[][] logits = new RowScorer(trained.layers(), manager).logits(validation);
      int[] labels = validation.labels();
      if (options.calibrate()) {
        double temperature = temperature(logits, labels, progress);
        return new FittedDecision(new Decision.MostProbable(outputs, temperature), evaluation);
      }
      boolean[][] targets = validation.labelSets().targets();
      Decision decision = Decision.AtThresholds.fit(logits, labels, targets);
      return new FittedDecision(decision, Optional.of(decision.evaluate(logits, labels, targets)));
    } else if (given.isPresent()) {
      return new FittedDecision(
          new Decision.MostProbable(outputs, given.getAsDouble()), evaluation);
    }
    int classes = Math.toIntExact(trained.layers().network().outputShape().size());
    boolean multiLabel = rows.train().store().labelSets().multiLabel();
    return new FittedDecision(Decision.of(outputs, multiLabel, classes), evaluation);
  }

  /**
   * Returns the temperature that fits the logits of validation rows best.
   *
   * @param logits the logits, float32 (rows, classes)
   * @param progress the receiver of a note if no temperature fits, so that the model is
   *     uncalibrated
   */
  static double temperature(float[][] logits, int[] labels, Progress progress) {
    OptionalDouble fitted = Temperature.fit(logits, labels);
    if (fitted.isEmpty()) {
      progress.note(
          "Not calibrated: all validation images are classified correctly, or their scores do not"
              + " depend on their classes. Validate on more images.");
    }
    return fitted.orElse(Decision.MostProbable.UNCALIBRATED);
  }
}
