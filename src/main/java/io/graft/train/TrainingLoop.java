package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.graft.data.SeededOrder;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Trains layers on stored rows with softmax cross-entropy and Adam, shuffled anew every epoch. The
 * same rows, options and machine give the same parameters, bit by bit.
 */
public final class TrainingLoop {

  private final NetworkBlock trained;
  private final NDManager manager;
  private final FitOptions options;

  /**
   * What training came to.
   *
   * @param history one entry per epoch
   * @param validation of the last epoch; empty without validation rows
   */
  public record Result(List<EpochMetrics> history, Optional<Evaluation> validation) {}

  /**
   * A loop over the given layers.
   *
   * @param trained layers behind the boundary, whose parameters are changed in place
   * @param manager where those parameters live
   */
  public TrainingLoop(NetworkBlock trained, NDManager manager, FitOptions options) {
    this.trained = trained;
    this.manager = manager;
    this.options = options;
  }

  /**
   * Trains for all epochs.
   *
   * @param validation rows to evaluate after each epoch; empty for none
   * @param afterEpoch told of every epoch on the calling thread
   * @throws InvalidOptionException if the loss is no longer finite
   */
  public Result run(
      FeatureStore train, Optional<FeatureStore> validation, Consumer<EpochMetrics> afterEpoch) {
    List<EpochMetrics> history = new ArrayList<>();
    Optional<Evaluation> evaluation = Optional.empty();
    try (NDManager state = manager.newSubManager()) {
      TrainingStep step =
          FusedLinearStep.fits(trained.network())
              ? new FusedLinearStep(trained, options.learningRate(), state)
              : new AutogradStep(trained, options.learningRate(), state);
      RowBatches batches =
          RowBatches.reused(train, Math.min(options.batchSize(), train.rows()), state);
      Optional<RowBatches> scored =
          validation.map(rows -> RowBatches.reused(rows, RowScorer.BATCH_SIZE, state));
      for (int epoch = 1; epoch <= options.epochs(); epoch++) {
        Totals totals =
            trainEpoch(
                epoch,
                SeededOrder.permutation(train.rows(), SeededOrder.mix(options.seed(), epoch)),
                batches,
                step);
        requireFiniteParameters(epoch);
        evaluation =
            scored.map(
                rows ->
                    Evaluation.ofLogits(
                        RowScorer.logits(trained, manager, rows),
                        validation.orElseThrow().labels()));
        if (evaluation.isPresent() && !Double.isFinite(evaluation.get().loss())) {
          throw diverged("The validation loss became " + evaluation.get().loss(), epoch, 0);
        }
        EpochMetrics metrics =
            new EpochMetrics(
                epoch,
                totals.loss / train.rows(),
                (double) totals.correct / train.rows(),
                evaluation.map(e -> OptionalDouble.of(e.loss())).orElse(OptionalDouble.empty()),
                evaluation.map(e -> OptionalDouble.of(e.top1())).orElse(OptionalDouble.empty()));
        history.add(metrics);
        afterEpoch.accept(metrics);
      }
    }
    return new Result(List.copyOf(history), evaluation);
  }

  /** Sums over the rows of an epoch so far. */
  private static final class Totals {
    private double loss;
    private long correct;
  }

  private Totals trainEpoch(int epoch, int[] order, RowBatches batches, TrainingStep step) {
    Totals totals = new Totals();
    for (int from = 0; from < order.length; from += options.batchSize()) {
      int to = Math.min(order.length, from + options.batchSize());
      try (NDManager scratch = manager.newSubManager()) {
        TrainingStep.Outcome outcome =
            step.run(
                batches.features(scratch, order, from, to),
                batches.labels(scratch, order, from, to));
        if (!Double.isFinite(outcome.loss())) {
          throw diverged(
              "The loss became " + outcome.loss(), epoch, from / options.batchSize() + 1);
        }
        totals.loss += outcome.loss() * (to - from);
        totals.correct += outcome.correct();
      }
    }
    return totals;
  }

  /** The step behind the last loss can be the one that goes too far. */
  private void requireFiniteParameters(int epoch) {
    for (Parameter parameter : trained.getParameters().values()) {
      try (NDManager scratch = manager.newSubManager()) {
        NDArray values = parameter.getArray().duplicate();
        values.attach(scratch);
        float largest = values.abs().max().getFloat();
        if (!Float.isFinite(largest)) {
          throw diverged("A parameter became " + largest, epoch, 0);
        }
      }
    }
  }

  private InvalidOptionException diverged(String what, int epoch, int batch) {
    return new InvalidOptionException(
        what
            + " in epoch "
            + epoch
            + (batch > 0 ? ", batch " + batch : "")
            + ". The learning rate of "
            + options.learningRate()
            + " is too high for these features; try a tenth of it.");
  }
}
