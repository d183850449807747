package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.CrossValidation;
import java.util.List;

/** The report of the folds of a cross-validation. */
public record CrossValidationReport(CrossValidation validated) {

  /** Adds {@code folds}, {@code top1_mean} and {@code top1_deviation} to the JSON object. */
  public void addTo(JsonObject json) {
    JsonArray folds = new JsonArray();
    for (CrossValidation.Fold fold : validated.folds()) {
      JsonObject one = new JsonObject();
      one.addProperty("images", fold.images());
      one.addProperty("top1", fold.top1());
      one.addProperty("loss", fold.loss());
      one.addProperty("epoch", fold.epoch());
      fold.rateSearch().ifPresent(found -> one.addProperty("learning_rate", found.best()));
      folds.add(one);
    }
    json.add("folds", folds);
    json.addProperty("top1_mean", validated.top1().mean());
    json.addProperty("top1_deviation", validated.top1().deviation());
  }

  /** Returns a text with one line per fold and the mean. */
  public String text() {
    List<CrossValidation.Fold> folds = validated.folds();
    boolean searched = folds.get(0).rateSearch().isPresent();
    StringBuilder text = new StringBuilder("\n fold   images   epoch   loss     top-1");
    text.append(searched ? "   learning rate\n" : "\n");
    for (int i = 0; i < folds.size(); i++) {
      CrossValidation.Fold fold = folds.get(i);
      line(
          text,
          "%5d   %6d   %5d   %-8.4f %.3f%s",
          i + 1,
          fold.images(),
          fold.epoch(),
          fold.loss(),
          fold.top1(),
          fold.rateSearch().map(found -> format("   %.0e", found.best())).orElse(""));
    }
    return text
        + format(
            "Top-1 over %d folds: mean %.3f, standard deviation %.3f; the model is trained on all"
                + " images, without validation.",
            folds.size(), validated.top1().mean(), validated.top1().deviation());
  }
}
