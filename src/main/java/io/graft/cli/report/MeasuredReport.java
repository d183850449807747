package io.graft.cli.report;

import com.google.gson.JsonObject;
import io.graft.eval.Decision;
import io.graft.eval.SingleLabelEvaluation;
import io.graft.features.Extraction;
import io.graft.model.TransferModel;

/** The report of a model's measurement on labelled images. */
public sealed interface MeasuredReport permits EvaluationReport, MultiLabelReport {

  /** The seed of an interval, unless the user gives another. Equal numbers get equal intervals. */
  long SEED = 42;

  /**
   * Measures a model on the features of labelled images.
   *
   * @param logits the logits of the rows, from {@link TransferModel#logits}
   * @param seed the seed of the interval
   * @param mostTop the largest k of the top-k accuracies
   */
  static MeasuredReport of(
      TransferModel model, Extraction rows, float[][] logits, long seed, int mostTop) {
    DriftReport drift = new DriftReport(model.drift(rows), model.statistics().isPresent());
    int[] labels = rows.store().labels();
    boolean[][] targets = rows.store().labelSets().targets();
    if (model.card().decision() instanceof Decision.AtThresholds at) {
      return new MultiLabelReport(
          at.evaluate(logits, labels, targets), at.thresholds(), drift, model.classes());
    }
    Decision.MostProbable decision = (Decision.MostProbable) model.card().decision();
    SingleLabelEvaluation evaluation = decision.evaluate(logits, labels, targets);
    return new EvaluationReport(
        evaluation,
        SingleLabelEvaluation.ofLogits(logits, labels, decision.outputs()),
        decision,
        drift,
        model.classes(),
        evaluation.top1Interval(seed),
        mostTop);
  }

  /** Returns the report as JSON for programs. docs/command-line.md lists the keys. */
  JsonObject json();

  /** Returns the main figures as a sentence; {@code skipped} images could not be decoded. */
  String summary(int skipped);

  /** Returns the report for people; {@code skipped} images could not be decoded. */
  String text(int skipped);
}
