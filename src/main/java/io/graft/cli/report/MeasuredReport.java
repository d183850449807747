package io.graft.cli.report;

import com.google.gson.JsonObject;

/** What {@code evaluate} says of a model's answers, to programs and to people. */
public sealed interface MeasuredReport permits EvaluationReport, MultiLabelReport {

  /** The object that tools read; its keys are documented in docs/command-line.md. */
  JsonObject json();

  /**
   * The same in words.
   *
   * @param skipped how many images could not be measured
   */
  String text(int skipped);
}
