package io.graft.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.graft.data.SeededOrder;
import io.graft.eval.Evaluation;
import io.graft.features.FeatureStore;
import io.graft.nn.Layer;
import io.graft.nn.NetworkBlock;
import io.graft.runtime.DivergedException;
import io.graft.runtime.InvalidOptionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Trains layers on stored rows, in an order of each epoch's own. The same rows, options and machine
 * give the same parameters, bit by bit.
 */
public final class TrainingLoop {

  /** Keeps the random numbers of dropout apart from those of the orders of epochs. */
  private static final long DROPOUT_STREAM = 1L << 32;

  private final NetworkBlock trained;
  private final NDManager manager;
  private final FitOptions options;
  private final Stage stage;
  private final int epochsBefore;
  private final RowScorer scorer;
  private final int classes;
  private final boolean dropsOut;

  /**
   * What training came to.
   *
   * @param history one entry per epoch of the stage
   * @param validation of {@code epoch}; empty without validation rows, and where rows have any
   *     number of classes
   * @param epoch the one whose parameters the layers have: the last, or with early stopping the
   *     best
   */
  public record Result(List<EpochMetrics> history, Optional<Evaluation> validation, int epoch) {}

  /** The loop of options with one stage. */
  public TrainingLoop(NetworkBlock trained, NDManager manager, FitOptions options) {
    this(trained, manager, options, options.stages().get(0), 0);
  }

  /**
   * The loop of one of the options' stages.
   *
   * @param trained layers behind the boundary, whose parameters are changed in place
   * @param manager where those parameters live
   * @param epochsBefore how many epochs the stages before it had, from which its own are counted on
   */
  public TrainingLoop(
      NetworkBlock trained, NDManager manager, FitOptions options, Stage stage, int epochsBefore) {
    this.trained = trained;
    this.manager = manager;
    this.options = options;
    this.stage = stage;
    this.epochsBefore = epochsBefore;
    this.scorer = new RowScorer(trained, manager);
    this.classes = Math.toIntExact(trained.network().outputShape().size());
    this.dropsOut =
        trained.network().layers().stream().anyMatch(l -> l.layer() instanceof Layer.Dropout);
  }

  /**
   * Trains for all epochs, or until early stopping ends them. Rows that have any number of classes
   * ({@link FeatureStore#targets}) take binary cross-entropy; their top-1 is the share of rows that
   * have the class of their largest logit.
   *
   * @param validation rows to evaluate after each epoch; empty for none
   * @param afterEpoch told of every epoch on the calling thread
   * @throws DivergedException if the loss is no longer finite
   * @throws InvalidOptionException if early stopping or class weights do not go with the rows
   */
  public Result run(
      FeatureStore train, Optional<FeatureStore> validation, Consumer<EpochMetrics> afterEpoch) {
    new FitData(classes, train.targets().isPresent(), validation.isPresent())
        .requireUsable(options);
    List<EpochMetrics> history = new ArrayList<>();
    Optional<Evaluation> evaluation = Optional.empty();
    int batch = Math.min(options.batchSize(), train.rows());
    int batches = (train.rows() + batch - 1) / batch;
    int accumulate = options.descent().accumulate();
    LearningRates rates =
        new LearningRates(
            options.descent().schedule(),
            stage.learningRate(),
            stage.epochs(),
            (batches + accumulate - 1) / accumulate);
    try (NDManager state = manager.newSubManager()) {
      TrainingStep step = step(train, state);
      BestEpoch best = new BestEpoch(trained, state);
      RowBatches rows = RowBatches.reused(train, batch, state);
      Optional<RowBatches> scored =
          validation.map(other -> RowBatches.reused(other, RowScorer.BATCH_SIZE, state));
      for (int epoch = 1; epoch <= stage.epochs(); epoch++) {
        Totals totals = trainEpoch(epoch, train, rows, step, rates, history);
        requireFiniteParameters(epoch);
        OptionalDouble loss = OptionalDouble.empty();
        OptionalDouble top1 = OptionalDouble.empty();
        if (scored.isPresent()) {
          float[][] logits = scorer.logits(scored.get());
          Validated validated = validated(logits, train, validation.orElseThrow());
          requireFinite(validated.loss(), epoch);
          evaluation = validated.evaluation();
          loss = OptionalDouble.of(validated.loss());
          top1 = OptionalDouble.of(validated.top1());
        }
        EpochMetrics metrics =
            new EpochMetrics(
                epochsBefore + epoch,
                totals.loss / totals.weight,
                (double) totals.correct / train.rows(),
                loss,
                top1,
                totals.learningRate);
        history.add(metrics);
        afterEpoch.accept(metrics);
        if (options.earlyStopping().isPresent()) {
          best.offer(epoch, loss.getAsDouble(), evaluation);
          if (epoch - best.epoch() >= options.earlyStopping().get()) {
            break;
          }
        }
      }
      if (options.earlyStopping().isPresent()) {
        best.restore();
        return new Result(List.copyOf(history), best.evaluation(), epochsBefore + best.epoch());
      }
    }
    return new Result(List.copyOf(history), evaluation, epochsBefore + history.size());
  }

  private TrainingStep step(FeatureStore train, NDManager state) {
    Objective objective = options.objective();
    Descent descent = options.descent();
    if (FusedLinearStep.fits(trained.network(), options)) {
      return new FusedLinearStep(trained, (Optimizer.Adam) descent.optimizer(), state);
    }
    int labels = train.targets().map(targets -> targets.length).orElse(classes);
    float[] weights = objective.classWeights().of(train.labels(), labels);
    Optional<boolean[][]> targets =
        objective.loss() instanceof Loss.BinaryCrossEntropy
            ? Optional.of(LabelTargets.of(train, classes))
            : Optional.empty();
    return new AutogradStep(trained, objective.loss(), descent, weights, targets, state);
  }

  private Validated validated(float[][] logits, FeatureStore train, FeatureStore validation) {
    return train.targets().isPresent()
        ? Validated.multiLabel(logits, LabelTargets.ofRows(validation, classes))
        : Validated.oneClass(logits, validation.labels(), options.objective().loss());
  }

  private void requireFinite(double validationLoss, int epoch) {
    if (!Double.isFinite(validationLoss)) {
      throw diverged("The validation loss became " + validationLoss, epoch, 0);
    }
  }

  /** Sums over the rows of an epoch so far, and the rate of its last step. */
  private static final class Totals {
    private double loss;
    private double weight;
    private long correct;
    private double learningRate;
  }

  private Totals trainEpoch(
      int epoch,
      FeatureStore train,
      RowBatches rows,
      TrainingStep step,
      LearningRates rates,
      List<EpochMetrics> history) {
    int[] order =
        options
            .objective()
            .sampling()
            .order(train.labels(), SeededOrder.mix(options.seed(), epochsBefore + epoch));
    rows.begin(order, options.batchSize(), epochsBefore + epoch);
    int accumulate = options.descent().accumulate();
    Totals totals = new Totals();
    for (int from = 0, batch = 0; from < order.length; from += options.batchSize(), batch++) {
      int to = Math.min(order.length, from + options.batchSize());
      totals.learningRate = rates.at(epoch, batch / accumulate, history);
      seedDropout(epoch, batch);
      try (NDManager scratch = manager.newSubManager()) {
        TrainingStep.Outcome outcome =
            step.run(
                rows.features(scratch, order, from, to),
                rows.labels(scratch, order, from, to),
                totals.learningRate,
                (batch + 1) % accumulate == 0 || to == order.length);
        if (!Double.isFinite(outcome.loss())) {
          throw diverged("The loss became " + outcome.loss(), epoch, batch + 1);
        }
        totals.loss += outcome.loss() * outcome.weight();
        totals.weight += outcome.weight();
        totals.correct += outcome.correct();
      }
    }
    return totals;
  }

  /** From the batch's place alone, so that a batch drops the same however training came to it. */
  private void seedDropout(int epoch, int batch) {
    if (dropsOut) {
      long ofEpoch = SeededOrder.mix(options.seed(), DROPOUT_STREAM + epochsBefore + epoch);
      manager.getEngine().setRandomSeed((int) SeededOrder.mix(ofEpoch, batch));
    }
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

  private DivergedException diverged(String what, int epoch, int batch) {
    return new DivergedException(
        what
            + " in epoch "
            + (epochsBefore + epoch)
            + (batch > 0 ? ", batch " + batch : "")
            + ". The learning rate of "
            + stage.learningRate()
            + " is too high for these features; try a tenth of it.");
  }
}
