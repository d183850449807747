package io.graft.cli.report;

import com.google.gson.JsonObject;
import io.graft.train.LearningRateSearch;
import java.util.Locale;

/** How a learning rate was found, to programs and to people. */
record RateSearchReport(LearningRateSearch search) {

  /** Adds {@code learning_rate} and {@code learning_rate_search}. */
  void addTo(JsonObject json) {
    json.addProperty("learning_rate", search.best());
    json.add("learning_rate_search", search.json());
  }

  /** A line per rate, and the best. */
  String text() {
    StringBuilder text = new StringBuilder("learning rate   loss on a fifth of the images\n");
    for (LearningRateSearch.Trial trial : search.trials()) {
      text.append(
          String.format(
              Locale.ROOT,
              "%13.0e   %s%n",
              trial.learningRate(),
              trial.loss().isPresent()
                  ? String.format(Locale.ROOT, "%.4f", trial.loss().getAsDouble())
                  : "diverged"));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "Learning rate: %.0e%s.%n%n",
                search.best(),
                search.isAtEnd()
                    ? ", an end of those that are tried: one beyond may be better"
                    : ""))
        .toString();
  }
}
