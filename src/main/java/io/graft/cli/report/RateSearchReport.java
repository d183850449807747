package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;

import com.google.gson.JsonObject;
import io.graft.train.LearningRateSearch;

/** The report of a search for a learning rate. */
record RateSearchReport(LearningRateSearch search) {

  /** Adds {@code learning_rate} and {@code learning_rate_search}. */
  void addTo(JsonObject json) {
    json.addProperty("learning_rate", search.best());
    json.add("learning_rate_search", search.json());
  }

  /** Returns a line per learning rate, and the best. */
  String text() {
    StringBuilder text = new StringBuilder("learning rate   loss on a fifth of the images\n");
    for (LearningRateSearch.Trial trial : search.trials()) {
      line(
          text,
          "%13.0e   %s",
          trial.learningRate(),
          trial.loss().isPresent() ? format("%.4f", trial.loss().getAsDouble()) : "diverged");
    }
    String end = search.isAtEnd() ? ", at the end of the range: try one beyond it" : "";
    return text + format("Learning rate: %.0e%s.%n%n", search.best(), end);
  }
}
