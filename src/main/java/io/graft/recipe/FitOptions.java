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
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * How a classifier is trained. The defaults are the reference recipe: flatten, softmax, Adam at
 * 0.001, cross-entropy, 10 epochs, batch 32.
 *
 * <pre>{@code
 * FitOptions options = FitOptions.defaults().withEpochs(20).withLearningRate(3e-4).withSeed(1);
 * }</pre>
 *
 * @param head what the head takes, and with it the freeze boundary
 * @param hidden the layers between that and the last linear layer
 * @param stages which layers are trained for how long and how fast, one after another, at least
 *     one; each trains the layers of the stage before it, continuing with their parameters, and
 *     perhaps more
 * @param views which views of the training images are trained on
 * @param batchSize rows per batch, at least 1; the last batch of an epoch may be smaller
 * @param optimization how steps are made
 * @param objective the loss to minimise, and how much each row counts
 * @param earlyStopping after how many epochs without a better validation loss training ends, at
 *     least 1; the model then has the parameters of the best epoch. Empty to train for all epochs
 *     and keep the last.
 * @param seed of all random numbers; see {@link SeedStream}
 * @param onBadImage what happens to images that cannot be decoded
 * @param calibrate whether to fit the model's temperature on the validation rows after the last
 *     epoch; see {@link io.graft.eval.Temperature}
 * @param fitThresholds whether to fit the thresholds of a multi-label model on the validation rows
 *     after the last epoch; see {@link io.graft.eval.MultiLabelEvaluation#bestThresholds}
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

  /** Checks every value. */
  public FitOptions {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new InvalidOptionException("No stages: expected at least one.");
    }
    if (batchSize < 1) {
      throw new InvalidOptionException(
          "Batch size is " + batchSize + ": expected a whole number of at least 1, such as 32.");
    }
    if (earlyStopping.isPresent() && earlyStopping.get() < 1) {
      throw new InvalidOptionException(
          "Early stopping's patience is "
              + earlyStopping.get()
              + ": expected a whole number of epochs, at least 1, such as 3.");
    }
    if (calibrate && objective.loss().outputs() != Outputs.SOFTMAX) {
      throw new InvalidOptionException(
          "Calibration fits a temperature of the softmax, and this loss gives each class a"
              + " probability of its own. Leave one of them away.");
    }
    if (stages.size() > 1 && stages.stream().anyMatch(Stage::searchesRate)) {
      throw new InvalidOptionException(
          "A learning rate is searched for a single stage, and there are "
              + stages.size()
              + ". Give each stage its learning rate.");
    }
    optimization.requireFor(stages);
  }

  /** Returns the reference recipe with seed 42; images that cannot be decoded are skipped. */
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
    return with(draft -> draft.head = other);
  }

  /** Returns a copy with other hidden layers. */
  public FitOptions withHidden(HiddenLayers other) {
    return with(draft -> draft.hidden = other);
  }

  /** Returns how many epochs all stages have together. */
  public int epochs() {
    return stages.stream().mapToInt(Stage::epochs).sum();
  }

  /** Returns a copy with other stages. */
  public FitOptions withStages(List<Stage> other) {
    return with(draft -> draft.stages = other);
  }

  /** Returns a copy with other layers to train in each stage. */
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
    return with(draft -> draft.views = other);
  }

  /** Returns a copy with another batch size. */
  public FitOptions withBatchSize(int other) {
    return with(draft -> draft.batchSize = other);
  }

  /** Returns a copy with another learning rate in each stage. */
  public FitOptions withLearningRate(double other) {
    return withLearningRate(new LearningRate.Fixed(other));
  }

  /** Returns a copy with another learning rate in each stage, given or searched for. */
  public FitOptions withLearningRate(LearningRate other) {
    return withEachStage(stage -> stage.withLearningRate(other));
  }

  /** Returns whether the learning rate is to be searched for. */
  public boolean searchesRate() {
    return stages.get(0).searchesRate();
  }

  /** Returns a copy with other steps. */
  public FitOptions withOptimization(Optimization other) {
    return with(draft -> draft.optimization = other);
  }

  /** Returns a copy with another optimizer. */
  public FitOptions withOptimizer(Optimizer other) {
    return withOptimization(optimization.withOptimizer(other));
  }

  /** Returns a copy with another schedule. */
  public FitOptions withSchedule(Schedule other) {
    return withOptimization(optimization.withSchedule(other));
  }

  /** Returns a copy whose gradients are no longer than that. */
  public FitOptions withClipNorm(double other) {
    return withOptimization(optimization.withClipNorm(other));
  }

  /** Returns a copy that makes one step per so many batches. */
  public FitOptions withAccumulate(int other) {
    return withOptimization(optimization.withAccumulate(other));
  }

  /**
   * Returns a copy whose learning rates fall by that factor from block to block, towards the input.
   */
  public FitOptions withBlockDecay(double part) {
    return withOptimization(optimization.withBlockDecay(part));
  }

  /** Returns a copy with another precision of the trained layers. */
  public FitOptions withTrainPrecision(Precision other) {
    return withOptimization(optimization.withPrecision(other));
  }

  /** Returns a copy with another objective. */
  public FitOptions withObjective(Objective other) {
    return with(draft -> draft.objective = other);
  }

  /** Returns a copy with another loss. */
  public FitOptions withLoss(Loss other) {
    return withObjective(objective.withLoss(other));
  }

  /** Returns a copy with other class weights. */
  public FitOptions withClassWeights(ClassWeights other) {
    return withObjective(objective.withClassWeights(other));
  }

  /** Returns a copy with another sampling of rows. */
  public FitOptions withSampling(Sampling other) {
    return withObjective(objective.withSampling(other));
  }

  /** Returns a copy that stops after {@code patience} epochs without a better validation loss. */
  public FitOptions withEarlyStopping(int patience) {
    return with(draft -> draft.earlyStopping = Optional.of(patience));
  }

  /** Returns a copy for training without validation: no early stopping, nothing fitted. */
  public FitOptions withoutValidation() {
    return with(
        draft -> {
          draft.earlyStopping = Optional.empty();
          draft.calibrate = false;
          draft.fitThresholds = false;
        });
  }

  /** Returns a copy with another seed. */
  public FitOptions withSeed(long other) {
    return with(draft -> draft.seed = other);
  }

  /** Returns a copy with another treatment of images that cannot be decoded. */
  public FitOptions withOnBadImage(OnBadImage other) {
    return with(draft -> draft.onBadImage = other);
  }

  /** Returns a copy that fits a temperature or does not. */
  public FitOptions withCalibrate(boolean other) {
    return with(draft -> draft.calibrate = other);
  }

  /** Returns a copy that fits thresholds or does not. */
  public FitOptions withFitThresholds(boolean other) {
    return with(draft -> draft.fitThresholds = other);
  }

  private FitOptions with(Consumer<Draft> change) {
    Draft draft = new Draft();
    draft.head = head;
    draft.hidden = hidden;
    draft.stages = stages;
    draft.views = views;
    draft.batchSize = batchSize;
    draft.optimization = optimization;
    draft.objective = objective;
    draft.earlyStopping = earlyStopping;
    draft.seed = seed;
    draft.onBadImage = onBadImage;
    draft.calibrate = calibrate;
    draft.fitThresholds = fitThresholds;
    change.accept(draft);
    return new FitOptions(
        draft.head,
        draft.hidden,
        draft.stages,
        draft.views,
        draft.batchSize,
        draft.optimization,
        draft.objective,
        draft.earlyStopping,
        draft.seed,
        draft.onBadImage,
        draft.calibrate,
        draft.fitThresholds);
  }

  /** The components while one of them is changed, so that no copy lists them all. */
  private static final class Draft {
    private Head head;
    private HiddenLayers hidden;
    private List<Stage> stages;
    private Views views;
    private int batchSize;
    private Optimization optimization;
    private Objective objective;
    private Optional<Integer> earlyStopping;
    private long seed;
    private OnBadImage onBadImage;
    private boolean calibrate;
    private boolean fitThresholds;
  }
}
