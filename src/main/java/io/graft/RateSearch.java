package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.data.LabeledImages;
import io.graft.data.SeededOrder;
import io.graft.data.Split;
import io.graft.recipe.FitOptions;
import io.graft.runtime.StoppedException;
import io.graft.train.LearningRateSearch;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The search for a learning rate on a part of the training rows. */
final class RateSearch {

  /** The share of the training images that rates are compared on. */
  private static final double HELD_OUT = 0.2;

  /** Keeps the split of a search apart from that of validation with the same seed. */
  private static final long SPLIT_STREAM = 2;

  private RateSearch() {}

  /** The search, if the options want one. */
  static Optional<LearningRateSearch> ifWanted(
      StagedTraining training, FitOptions options, StageRows rows, LabeledImages images) {
    return options.descent().rateSearch()
        ? Optional.of(of(training, options, rows, images))
        : Optional.empty();
  }

  /**
   * Trains with rate after rate on four fifths of the training images.
   *
   * @param rows of the one stage; its validation rows are not looked at
   * @param images all images that {@code rows} may be of
   */
  private static LearningRateSearch of(
      StagedTraining training, FitOptions options, StageRows rows, LabeledImages images) {
    Split split =
        images
            .only(rows.train().images())
            .split(HELD_OUT, SeededOrder.mix(options.seed(), SPLIT_STREAM));
    List<StageRows> parts = List.of(rows.split(split));
    LearningRateSearch search =
        LearningRateSearch.climb(
            rate -> {
              training
                  .listener()
                  .note(String.format(Locale.ROOT, "Trying a learning rate of %.0e.", rate));
              FitOptions tried = options.withLearningRateSearch(false).withLearningRate(rate);
              try (NDManager manager = rows.frozen().prefix().manager().newSubManager()) {
                return training
                    .train(tried, parts, manager, FitListener.NONE)
                    .kept()
                    .validationLoss()
                    .orElseThrow();
              } catch (StoppedException e) {
                throw new StoppedException("Stopped while the learning rate was searched for.");
              }
            });
    training
        .listener()
        .note(
            String.format(
                Locale.ROOT,
                "The best learning rate is %.0e%s.",
                search.best(),
                search.isAtEnd() ? ", an end of those that are tried" : ""));
    return search;
  }
}
