package io.graft.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.graft.recipe.FitOptions;
import io.graft.runtime.DivergedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;

/**
 * The result of a search for the learning rate with the smallest validation loss.
 *
 * @param trials the rates tried, in the order of {@link #LADDER}; at least one trial has a loss
 */
public record LearningRateSearch(List<Trial> trials) {

  /** The rates to try, two per decade, from the lowest. */
  public static final List<Double> LADDER =
      List.of(1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1);

  /** How many rates in a row may be worse than the best before the search ends. */
  private static final int PATIENCE = 2;

  /**
   * The result of one learning rate.
   *
   * @param loss the mean loss of the validation rows; empty if the training diverged
   */
  public record Trial(double learningRate, OptionalDouble loss) {}

  /** Checks that at least one trial has a loss. */
  public LearningRateSearch {
    trials = List.copyOf(trials);
    if (trials.stream().allMatch(trial -> trial.loss().isEmpty())) {
      throw new DivergedException(
          "Training diverged with every learning rate that was tried: "
              + trials.stream().map(Trial::learningRate).toList()
              + ". Expected finite losses with one of them. Name a lower learning rate, or shorten"
              + " gradients with a clip norm.",
          "learning-rate",
          "clip-norm");
    }
  }

  /**
   * Tries the rates of {@link #LADDER} from the lowest, until two in a row are worse than the best.
   *
   * @param lossAt a function that trains with a rate and returns the validation loss, or throws
   *     {@link DivergedException}
   */
  public static LearningRateSearch climb(DoubleUnaryOperator lossAt) {
    List<Trial> trials = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    int worse = 0;
    for (double rate : LADDER) {
      OptionalDouble loss = loss(lossAt, rate);
      trials.add(new Trial(rate, loss));
      if (loss.isPresent() && loss.getAsDouble() < best) {
        best = loss.getAsDouble();
        worse = 0;
      } else if (++worse == PATIENCE) {
        break;
      }
    }
    return new LearningRateSearch(trials);
  }

  private static OptionalDouble loss(DoubleUnaryOperator lossAt, double rate) {
    try {
      return OptionalDouble.of(lossAt.applyAsDouble(rate));
    } catch (DivergedException e) {
      return OptionalDouble.empty();
    }
  }

  /** Returns the rate with the smallest loss. If several have it, returns the lowest of them. */
  public double best() {
    return trials.stream()
        .filter(trial -> trial.loss().isPresent())
        .min(Comparator.comparingDouble(trial -> trial.loss().getAsDouble()))
        .orElseThrow()
        .learningRate();
  }

  /** Returns whether the best rate is the ladder's first or last. Rates outside may be better. */
  public boolean isAtEnd() {
    return best() == LADDER.get(0) || best() == LADDER.get(LADDER.size() - 1);
  }

  /** Returns options with the best rate and without a search. */
  public FitOptions applyTo(FitOptions options) {
    return options.withLearningRate(best());
  }

  /** Returns one object per trial: {@code learning_rate} and {@code loss}, null if it diverged. */
  public JsonArray json() {
    JsonArray json = new JsonArray();
    for (Trial trial : trials) {
      JsonObject each = new JsonObject();
      each.addProperty("learning_rate", trial.learningRate());
      each.add("loss", EpochMetrics.orNull(trial.loss()));
      json.add(each);
    }
    return json;
  }
}
