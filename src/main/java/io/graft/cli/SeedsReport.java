package io.graft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.Fit;
import io.graft.eval.Evaluation;
import java.util.List;
import java.util.Locale;

/** What several seeds came to, to programs and to people. */
record SeedsReport(long firstSeed, List<Fit> fits) {

  /**
   * Adds {@code seeds}, {@code top1_mean} and {@code top1_deviation} to the first seed's object.
   */
  void addTo(JsonObject json) {
    JsonArray seeds = new JsonArray();
    for (int i = 0; i < fits.size(); i++) {
      JsonObject one = new JsonObject();
      one.addProperty("seed", firstSeed + i);
      one.addProperty("top1", top1(fits.get(i)));
      one.addProperty("loss", loss(fits.get(i)));
      one.addProperty("epoch", fits.get(i).epoch());
      seeds.add(one);
    }
    json.add("seeds", seeds);
    json.addProperty("top1_mean", mean());
    json.addProperty("top1_deviation", deviation());
  }

  /** A line per seed, and the mean. */
  String text() {
    StringBuilder text = new StringBuilder("\n seed   validation loss   validation top-1\n");
    for (int i = 0; i < fits.size(); i++) {
      text.append(
          String.format(
              Locale.ROOT,
              "%5d   %-17.4f %.3f%n",
              firstSeed + i,
              loss(fits.get(i)),
              top1(fits.get(i))));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "Top-1 over %d seeds: mean %.3f, standard deviation %.3f; the model is the first"
                    + " seed's.",
                fits.size(),
                mean(),
                deviation()))
        .toString();
  }

  private double mean() {
    return fits.stream().mapToDouble(SeedsReport::top1).average().orElseThrow();
  }

  /** Of the sample, with n - 1. */
  private double deviation() {
    double mean = mean();
    double squares = fits.stream().mapToDouble(fit -> Math.pow(top1(fit) - mean, 2)).sum();
    return Math.sqrt(squares / (fits.size() - 1));
  }

  private static double top1(Fit fit) {
    return fit.validation().map(Evaluation::top1).orElseThrow();
  }

  private static double loss(Fit fit) {
    return fit.history().get(fit.epoch() - 1).validationLoss().orElseThrow();
  }
}
