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
 * How the logits of trained layers become predictions. The temperature or the thresholds are fitted
 * on the validation rows after the last epoch, if the options ask for it.
 *
 * @param evaluation of the validation rows without a fitted temperature; empty without such rows
 */
record FittedDecision(Decision decision, Optional<Evaluation> evaluation) {

  /**
   * Fits a temperature, thresholds or neither.
   *
   * @param rows of the last stage; the fit uses its validation rows
   * @param manager of the trained parameters
   * @param given a temperature that was fitted elsewhere
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
   * Returns the temperature that fits logits of validation rows.
   *
   * @param logits float32 (rows, classes)
   * @param progress receives a note if no temperature fits; the model then stays uncalibrated
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
