package io.graft.cli.report;

import static io.graft.cli.report.ReportFormat.format;
import static io.graft.cli.report.ReportFormat.line;
import static io.graft.cli.report.ReportFormat.orNull;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.eval.MeanAndDeviation;
import io.graft.eval.MultiLabelEvaluation;
import io.graft.train.EpochMetrics;
import java.util.List;

/** The report of trainings with several seeds: their top-1 or mean average precision. */
public record SeedsReport(long firstSeed, List<Fit> fits) {

  /**
   * Adds {@code seeds}, {@code top1_mean} and {@code top1_deviation} to the first seed's JSON
   * object. For a multi-label model, the last two are {@code map_mean} and {@code map_deviation}.
   */
  public void addTo(JsonObject json) {
    JsonArray seeds = new JsonArray();
    for (int i = 0; i < fits.size(); i++) {
      JsonObject one = new JsonObject();
      one.addProperty("seed", firstSeed + i);
      one.add(key(), orNull(measured(fits.get(i))));
      one.addProperty("loss", loss(fits.get(i)));
      one.addProperty("epoch", fits.get(i).epoch());
      seeds.add(one);
    }
    json.add("seeds", seeds);
    json.add(key() + "_mean", orNull(overall().mean()));
    json.add(key() + "_deviation", orNull(overall().deviation()));
  }

  private boolean multiLabel() {
    return fits.get(0).model().card().multiLabel();
  }

  private String key() {
    return multiLabel() ? "map" : "top1";
  }

  /** Returns a text with one line per seed and the mean. */
  public String text() {
    String name = multiLabel() ? "mean average precision" : "top-1";
    StringBuilder text = new StringBuilder("\n seed   validation loss   validation ");
    text.append(name).append('\n');
    for (int i = 0; i < fits.size(); i++) {
      double loss = loss(fits.get(i));
      line(text, "%5d   %-17.4f %.3f", firstSeed + i, loss, measured(fits.get(i)));
    }
    return text
        + format(
            "%s over %d seeds: mean %.3f, standard deviation %.3f; the model is the first seed's.",
            Character.toUpperCase(name.charAt(0)) + name.substring(1),
            fits.size(),
            overall().mean(),
            overall().deviation());
  }

  private MeanAndDeviation overall() {
    return MeanAndDeviation.of(fits.stream().mapToDouble(SeedsReport::measured).toArray());
  }

  private static double measured(Fit fit) {
    return fit.evaluation().orElseThrow() instanceof MultiLabelEvaluation measured
        ? measured.meanAveragePrecision()
        : kept(fit).validationTop1().orElseThrow();
  }

  private static double loss(Fit fit) {
    return kept(fit).validationLoss().orElseThrow();
  }

  private static EpochMetrics kept(Fit fit) {
    return fit.history().get(fit.epoch() - 1);
  }
}
