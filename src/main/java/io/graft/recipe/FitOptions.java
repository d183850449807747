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
 * @param head the classifier's input, and with it the freeze boundary
 * @param hidden the layers between that and the classifying one
 * @param stages which layers are trained for how long and how fast, one after another, at least
 *     one; each trains the layers of the one before it, with their parameters as they are then, and
 *     perhaps more
 * @param views which views of the training images are trained on
 * @param batchSize rows per batch, at least 1; the last batch of an epoch may be smaller
 * @param descent how steps are made
 * @param objective what they make small
 * @param earlyStopping how many epochs without a better validation loss end the training, at least
 *     1, and give the model the parameters of the best epoch; empty to train for all epochs and
 *     keep the last
 * @param seed of the classifier's initial weights, of shuffling and of dropout
 * @param onBadImage what to do about pictures that cannot be decoded
 * @param calibrate whether to fit the model's temperature on the validation rows after the last
 *     epoch; see {@link io.graft.eval.Temperature}
 * @param fitThresholds whether to fit the thresholds of a model that gives images any number of
 *     classes on the validation rows after the last epoch; see {@link
 *     io.graft.eval.MultiLabelEvaluation#bestThresholds}
 */
public record FitOptions(
    Head head,
    HiddenLayers hidden,
    List<Stage> stages,
    Views views,
    int batchSize,
    Descent descent,
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
    descent.requireFor(stages);
  }

  /** The reference recipe with seed 42; pictures that cannot be decoded are skipped. */
  public static FitOptions defaults() {
    return new FitOptions(
        Head.FLATTEN,
        HiddenLayers.NONE,
        List.of(new Stage(Unfreeze.NONE, 10, 0.001)),
        Views.PLAIN,
        32,
        new Descent(),
        new Objective(),
        Optional.empty(),
        42,
        OnBadImage.SKIP,
        false,
        false);
  }

  /** These options with another head. */
  public FitOptions withHead(Head other) {
    return with(draft -> draft.head = other);
  }

  /** These options with other hidden layers. */
  public FitOptions withHidden(HiddenLayers other) {
    return with(draft -> draft.hidden = other);
  }

  /** How many epochs all stages have together. */
  public int epochs() {
    return stages.stream().mapToInt(Stage::epochs).sum();
  }

  /** These options with other stages. */
  public FitOptions withStages(List<Stage> other) {
    return with(draft -> draft.stages = other);
  }

  /** These options with other layers to train in each stage. */
  public FitOptions withUnfreeze(Unfreeze other) {
    return withEachStage(stage -> stage.withUnfreeze(other));
  }

  /** These options with another number of epochs in each stage. */
  public FitOptions withEpochs(int other) {
    return withEachStage(stage -> stage.withEpochs(other));
  }

  private FitOptions withEachStage(UnaryOperator<Stage> change) {
    return withStages(stages.stream().map(change).toList());
  }

  /** These options with other views of the images. */
  public FitOptions withViews(Views other) {
    return with(draft -> draft.views = other);
  }

  /** These options with another batch size. */
  public FitOptions withBatchSize(int other) {
    return with(draft -> draft.batchSize = other);
  }

  /** These options with another learning rate in each stage. */
  public FitOptions withLearningRate(double other) {
    return withEachStage(stage -> stage.withLearningRate(other));
  }

  /** These options with or without a search for the learning rate. */
  public FitOptions withLearningRateSearch(boolean other) {
    return withDescent(descent.withRateSearch(other));
  }

  /** These options with another way of making steps. */
  public FitOptions withDescent(Descent other) {
    return with(draft -> draft.descent = other);
  }

  /** These options with another optimizer. */
  public FitOptions withOptimizer(Optimizer other) {
    return withDescent(descent.withOptimizer(other));
  }

  /** These options with another schedule. */
  public FitOptions withSchedule(Schedule other) {
    return withDescent(descent.withSchedule(other));
  }

  /** These options with gradients no longer than that. */
  public FitOptions withClipNorm(double other) {
    return withDescent(descent.withClipNorm(other));
  }

  /** These options with a step for so many batches. */
  public FitOptions withAccumulate(int other) {
    return withDescent(descent.withAccumulate(other));
  }

  /** These options with learning rates that fall by that factor from block to block. */
  public FitOptions withBlockDecay(double part) {
    return withDescent(descent.withBlockDecay(part));
  }

  /** These options with another arithmetic of the trained layers. */
  public FitOptions withArithmetic(Precision other) {
    return withDescent(descent.withArithmetic(other));
  }

  /** These options with another objective. */
  public FitOptions withObjective(Objective other) {
    return with(draft -> draft.objective = other);
  }

  /** These options with another loss. */
  public FitOptions withLoss(Loss other) {
    return withObjective(objective.withLoss(other));
  }

  /** These options with other class weights. */
  public FitOptions withClassWeights(ClassWeights other) {
    return withObjective(objective.withClassWeights(other));
  }

  /** These options with another choice of rows. */
  public FitOptions withSampling(Sampling other) {
    return withObjective(objective.withSampling(other));
  }

  /** These options ending behind so many epochs without a better validation loss. */
  public FitOptions withEarlyStopping(int patience) {
    return with(draft -> draft.earlyStopping = Optional.of(patience));
  }

  /** These options for training without validation: no early stopping, nothing fitted. */
  public FitOptions withoutValidation() {
    return with(
        draft -> {
          draft.earlyStopping = Optional.empty();
          draft.calibrate = false;
          draft.fitThresholds = false;
        });
  }

  /** These options with another seed. */
  public FitOptions withSeed(long other) {
    return with(draft -> draft.seed = other);
  }

  /** These options with another way with pictures that cannot be decoded. */
  public FitOptions withOnBadImage(OnBadImage other) {
    return with(draft -> draft.onBadImage = other);
  }

  /** These options with or without fitting a temperature. */
  public FitOptions withCalibrate(boolean other) {
    return with(draft -> draft.calibrate = other);
  }

  /** These options with or without fitting thresholds. */
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
    draft.descent = descent;
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
        draft.descent,
        draft.objective,
        draft.earlyStopping,
        draft.seed,
        draft.onBadImage,
        draft.calibrate,
        draft.fitThresholds);
  }

  /** The components while one of them is changed, so that no setter lists them all. */
  private static final class Draft {
    private Head head;
    private HiddenLayers hidden;
    private List<Stage> stages;
    private Views views;
    private int batchSize;
    private Descent descent;
    private Objective objective;
    private Optional<Integer> earlyStopping;
    private long seed;
    private OnBadImage onBadImage;
    private boolean calibrate;
    private boolean fitThresholds;
  }
}
