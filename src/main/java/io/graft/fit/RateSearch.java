package io.graft.fit;

import ai.djl.ndarray.NDManager;
import io.graft.data.LabeledImages;
import io.graft.data.Split;
import io.graft.recipe.FitOptions;
import io.graft.recipe.SeedStream;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Searches for the learning rate on a part of the training rows. */
final class RateSearch {

  /** The share of the training images that is used only to validate the learning rates. */
  private static final double HELD_OUT = 0.2;

  private RateSearch() {}

  /**
   * If the options ask for a search, trains with one learning rate after another on four fifths of
   * the training images. Otherwise returns empty.
   *
   * @param rows the rows of the only stage, whose validation rows are not used
   * @param images the images of the fit
   */
  static Optional<LearningRateSearch> run(
      StagedTraining training, FitOptions options, StageRows rows, LabeledImages images) {
    if (!options.searchesRate()) {
      return Optional.empty();
    }
    Split split =
        images
            .only(rows.train().images())
            .split(HELD_OUT, SeedStream.SEARCH_SPLIT.seed(options.seed()));
    List<StageRows> parts = List.of(rows.split(split));
    Progress progress = training.progress();
    LearningRateSearch search =
        LearningRateSearch.climb(
            rate -> {
              progress.note(String.format(Locale.ROOT, "Trying a learning rate of %.0e.", rate));
              return loss(training, options.withLearningRate(rate), parts);
            });
    progress.note(
        String.format(
            Locale.ROOT,
            "The best learning rate is %.0e%s.",
            search.best(),
            search.isAtEnd() ? ", at the end of the range" : ""));
    return Optional.of(search);
  }

  private static double loss(StagedTraining training, FitOptions tried, List<StageRows> parts) {
    try (NDManager manager = parts.get(0).frozen().layers().manager().newSubManager()) {
      return training.trainQuietly(tried, parts, manager).kept().validationLoss().orElseThrow();
    } catch (StoppedException e) {
      throw new StoppedException("Stopped during the search for the learning rate.");
    }
  }
}
