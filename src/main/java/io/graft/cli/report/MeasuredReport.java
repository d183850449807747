package io.graft.cli.report;

import com.google.gson.JsonObject;

/** The report of {@code evaluate}. */
public sealed interface MeasuredReport permits EvaluationReport, MultiLabelReport {

  /** Returns the report as JSON for programs. docs/command-line.md lists the keys. */
  JsonObject json();

  /** Returns the report for people; {@code skipped} images could not be decoded. */
  String text(int skipped);
}
