package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.nn.Unfreeze;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Stage;
import io.graft.runtime.DivergedException;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class LearningRateSearchTest {

  private static final double DIVERGES = Double.POSITIVE_INFINITY;

  @Test
  void ladderHasTwoRatesPerDecade() {
    assertThat(LearningRateSearch.LADDER)
        .containsExactly(0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1);
  }

  /** The loss falls to a minimum, rises after it, and diverges at larger rates. */
  @Property(tries = 300)
  void findsTheRateNearestToTheMinimum(
      @ForAll @DoubleRange(min = -5.5, max = 0) double bottom,
      @ForAll @DoubleRange(min = 0.6, max = 3) double divergesAfter) {
    DoubleUnaryOperator loss =
        rate -> {
          double from = Math.log10(rate) - bottom;
          return from > divergesAfter ? DIVERGES : Math.abs(from);
        };
    LearningRateSearch search = climb(loss);

    List<Double> ladder = LearningRateSearch.LADDER;
    double nearest = ladder.get(0);
    for (double rate : ladder) {
      nearest = loss.applyAsDouble(rate) < loss.applyAsDouble(nearest) ? rate : nearest;
    }
    assertThat(search.best()).isEqualTo(nearest);
    // The search tries all rates up to the best and, if there are any, the next two.
    int tried = Math.min(ladder.size(), ladder.indexOf(search.best()) + 3);
    assertThat(search.trials())
        .extracting(LearningRateSearch.Trial::learningRate)
        .isEqualTo(ladder.subList(0, tried));
  }

  @Test
  void oneWorseRateDoesNotEndTheSearch() {
    double[] losses = {3, 4, 2, DIVERGES, 1, 5, 1, 0, 0};
    LearningRateSearch search = climb(rate -> losses[LearningRateSearch.LADDER.indexOf(rate)]);

    assertThat(search.best()).isEqualTo(1e-3);
    assertThat(search.isAtEnd()).isFalse();
    assertThat(search.trials()).hasSize(7);
    assertThat(search.trials().get(3).loss()).isEmpty();
    assertThat(search.trials().get(4).loss()).hasValue(1);
  }

  @Test
  void reportsABestRateAtTheEndOfTheLadder() {
    assertThat(climb(rate -> rate).isAtEnd()).isTrue();
    assertThat(climb(rate -> -rate).isAtEnd()).isTrue();
  }

  @Test
  void searchFailsIfEveryRateDiverges() {
    assertThatThrownBy(() -> climb(rate -> DIVERGES))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("[1.0E-5, 3.0E-5]");
  }

  @Test
  void bestRateReplacesTheSearchAndASearchRefusesSeveralStages() {
    FitOptions options = FitOptions.defaults().withLearningRate(new LearningRate.Searched());
    FitOptions found = climb(rate -> Math.abs(rate - 0.01)).applyTo(options);
    assertThat(found).isEqualTo(FitOptions.defaults().withLearningRate(0.01));
    Stage stage = new Stage(Unfreeze.NONE, 1, 0.1);
    assertThatThrownBy(() -> options.withStages(List.of(options.stages().get(0), stage)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("a single stage, and there are 2");
  }

  private static LearningRateSearch climb(DoubleUnaryOperator loss) {
    return LearningRateSearch.climb(
        rate -> {
          double value = loss.applyAsDouble(rate);
          if (Double.isInfinite(value)) {
            throw new DivergedException("The loss became " + value);
          }
          return value;
        });
  }
}
