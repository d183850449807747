package io.graft.recipe;

import io.graft.data.OnBadImage;
import io.graft.data.Views;
import io.graft.eval.Outputs;
import io.graft.nn.Head;
import io.graft.nn.HiddenLayers;
import io.graft.nn.Precision;
import io.graft.nn.Unfreeze;
import io.graft.runtime.InvalidOptionException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/**
 * The options of a training. The defaults are the reference recipe: flatten, softmax, Adam at
 * 0.001, cross-entropy, 10 epochs, batch 32.
 *
 * <pre>{@code
 * FitOptions options = FitOptions.defaults().withEpochs(20).withLearningRate(3e-4).withSeed(1);
 * }</pre>
 *
 * @param head how features enter the classifier, which decides the freeze boundary
 * @param hidden the layers of the head before its last linear layer
 * @param stages the stages, at least one, which run one after another. Each trains at least the
 *     layers that the stage before it trains.
 * @param views the augmented views of the training images
 * @param batchSize the number of rows per batch, at least 1; the last batch of an epoch may be
 *     smaller
 * @param optimization the optimizer, the schedule and what makes up a step
 * @param objective the loss to minimise, and how much each row counts
 * @param earlyStopping after how many epochs without a better validation loss the training ends, at
 *     least 1; empty to train for all epochs. The model then has the parameters of the best epoch.
 * @param seed the seed of all random numbers; see {@link SeedStream}
 * @param onBadImage what to do with images that cannot be decoded
 * @param calibrate whether to fit the model's temperature on the validation images after the last
 *     epoch; see {@link io.graft.eval.Temperature}
 * @param fitThresholds whether to fit the thresholds of a multi-label model on the validation
 *     images after the last epoch; see {@link io.graft.eval.MultiLabelEvaluation#bestThresholds}
 */
public record FitOptions(
    Head head,
    HiddenLayers hidden,
    List<Stage> stages,
    Views views,
    int batchSize,
    Optimization optimization,
    Objective objective,
    Optional<Integer> earlyStopping,
    long seed,
    OnBadImage onBadImage,
    boolean calibrate,
    boolean fitThresholds) {

  private static final int ENDLESS = Integer.MAX_VALUE;

  /** Checks every value. */
  public FitOptions {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new InvalidOptionException("No stages: expected at least one.");
    }
    Components.require(
        batchSize >= 1, "Batch size", batchSize, "a whole number of at least 1, such as 32");
    earlyStopping.ifPresent(
        patience ->
            Components.require(
                patience >= 1,
                "Early stopping's patience",
                patience,
                "a whole number of epochs, at least 1, such as 3"));
    if (calibrate && objective.loss().outputs() != Outputs.SOFTMAX) {
      throw new InvalidOptionException(
          ("Calibration fits a temperature of the softmax, and the loss %s has no softmax. Leave"
                  + " out the calibration or choose another loss.")
              .formatted(objective.loss().optionName()),
          "calibrate",
          "loss");
    }
    if (stages.size() > 1 && stages.stream().anyMatch(Stage::searchesRate)) {
      throw new InvalidOptionException(
          "The learning rate search needs a single stage, and there are "
              + stages.size()
              + ". Give each stage its learning rate.");
    }
    optimization.requireFor(stages);
  }

  /** Returns the reference recipe with seed 42, which skips images that cannot be decoded. */
  public static FitOptions defaults() {
    return new FitOptions(
        Head.FLATTEN,
        HiddenLayers.NONE,
        List.of(new Stage(Unfreeze.NONE, 10, 0.001)),
        Views.PLAIN,
        32,
        new Optimization(),
        new Objective(),
        Optional.empty(),
        42,
        OnBadImage.SKIP,
        false,
        false);
  }

  /** Returns a copy with another head. */
  public FitOptions withHead(Head other) {
    return with("head", other);
  }

  /** Returns a copy with other hidden layers. */
  public FitOptions withHidden(HiddenLayers other) {
    return with("hidden", other);
  }

  /** Returns the total number of epochs in all stages. */
  public int epochs() {
    return stages.stream().mapToInt(Stage::epochs).sum();
  }

  /** Returns a copy with other stages. */
  public FitOptions withStages(List<Stage> other) {
    return with("stages", other);
  }

  /** Returns a copy that unfreezes other layers, in each stage. */
  public FitOptions withUnfreeze(Unfreeze other) {
    return withEachStage(stage -> stage.withUnfreeze(other));
  }

  /** Returns a copy with another number of epochs in each stage. */
  public FitOptions withEpochs(int other) {
    return withEachStage(stage -> stage.withEpochs(other));
  }

  private FitOptions withEachStage(UnaryOperator<Stage> change) {
    return withStages(stages.stream().map(change).toList());
  }

  /** Returns a copy with other views of the images. */
  public FitOptions withViews(Views other) {
    return with("views", other);
  }

  /** Returns a copy with another batch size. */
  public FitOptions withBatchSize(int other) {
    return with("batchSize", other);
  }

  /** Returns a copy with another learning rate in each stage. */
  public FitOptions withLearningRate(double other) {
    return withLearningRate(new LearningRate.Fixed(other));
  }

  /** Returns a copy with another learning rate, fixed or searched for, in each stage. */
  public FitOptions withLearningRate(LearningRate other) {
    return withEachStage(stage -> stage.withLearningRate(other));
  }

  /** Returns whether the training searches for its learning rate. */
  public boolean searchesRate() {
    return stages.get(0).searchesRate();
  }

  /** Returns a copy with other settings of the optimization. */
  public FitOptions withOptimization(Optimization other) {
    return with("optimization", other);
  }

  /** Returns a copy with another optimizer. */
  public FitOptions withOptimizer(Optimizer other) {
    return withOptimization("optimizer", other);
  }

  /** Returns a copy with another schedule. */
  public FitOptions withSchedule(Schedule other) {
    return withOptimization("schedule", other);
  }

  /** Returns a copy with another limit of the gradients' norm. */
  public FitOptions withClipNorm(double other) {
    return withOptimization("clipNorm", OptionalDouble.of(other));
  }

  /** Returns a copy with another number of batches per step. */
  public FitOptions withAccumulate(int other) {
    return withOptimization("accumulate", other);
  }

  /** Returns a copy whose blocks have {@code part} of the learning rate of the block after. */
  public FitOptions withBlockDecay(double part) {
    return withOptimization("blockDecay", part);
  }

  /** Returns a copy with another precision of the trained layers. */
  public FitOptions withTrainPrecision(Precision other) {
    return withOptimization("precision", other);
  }

  /** Returns a copy with another objective. */
  public FitOptions withObjective(Objective other) {
    return with("objective", other);
  }

  /** Returns a copy with another loss. */
  public FitOptions withLoss(Loss other) {
    return withObjective("loss", other);
  }

  /** Returns a copy with other class weights. */
  public FitOptions withClassWeights(ClassWeights other) {
    return withObjective("classWeights", other);
  }

  /** Returns a copy with another sampling of the training rows. */
  public FitOptions withSampling(Sampling other) {
    return withObjective("sampling", other);
  }

  /** Returns a copy that stops after {@code patience} epochs without a better validation loss. */
  public FitOptions withEarlyStopping(int patience) {
    return with("earlyStopping", Optional.of(patience));
  }

  /**
   * Returns a copy that trains for all epochs and keeps the parameters of the epoch with the
   * smallest validation loss. It is early stopping with endless patience. With several stages, it
   * is the best epoch of the last stage, and each stage starts from the best epoch before it.
   */
  public FitOptions withBestEpoch() {
    return withEarlyStopping(ENDLESS);
  }

  /** Returns whether the best epoch is kept, but no epoch is left out. */
  boolean keepsBestOfAll() {
    return earlyStopping.equals(Optional.of(ENDLESS));
  }

  /** Returns a copy without early stopping, calibration and fitted thresholds. */
  public FitOptions withoutValidation() {
    return with("earlyStopping", Optional.empty())
        .with("calibrate", false)
        .with("fitThresholds", false);
  }

  /** Returns a copy with another seed. */
  public FitOptions withSeed(long other) {
    return with("seed", other);
  }

  /** Returns a copy with another treatment of images that cannot be decoded. */
  public FitOptions withOnBadImage(OnBadImage other) {
    return with("onBadImage", other);
  }

  /** Returns a copy that fits a temperature if {@code other} is true. */
  public FitOptions withCalibrate(boolean other) {
    return with("calibrate", other);
  }

  /** Returns a copy that fits thresholds if {@code other} is true. */
  public FitOptions withFitThresholds(boolean other) {
    return with("fitThresholds", other);
  }

  private FitOptions withOptimization(String component, Object value) {
    return with("optimization", Components.with(optimization, component, value));
  }

  private FitOptions withObjective(String component, Object value) {
    return with("objective", Components.with(objective, component, value));
  }

  private FitOptions with(String component, Object value) {
    return Components.with(this, component, value);
  }
}
