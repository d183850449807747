package io.graft;

import ai.djl.Device;
import io.graft.backbone.FrozenLayers;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.features.FeatureFile;
import io.graft.fit.FitRun;
import io.graft.fit.FitTask;
import io.graft.fit.FoldTraining;
import io.graft.fit.PlannedBackbone;
import io.graft.image.input.FastDecoding;
import io.graft.nn.Network;
import io.graft.recipe.FitOptions;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.OpenState;
import io.graft.tensors.TensorType;
import io.graft.train.Checkpoints;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Trains classifiers on the features of a pretrained, frozen backbone.
 *
 * <pre>{@code
 * Split split = LabeledImages.open(Path.of("flowers")).split(0.2, 42);
 * try (TransferLearner learner = TransferLearner.of("vgg16")) {
 *   Fit fit = learner.fit(split.train(), split.validation(), FitOptions.defaults());
 *   fit.model().save(Path.of("flowers-model"));
 * }
 * }</pre>
 *
 * <p>A learner holds the backbone in device memory until it is closed. Only one thread may use it
 * at a time.
 */
public final class TransferLearner implements AutoCloseable {

  private final BackboneSpec backbone;
  private final LearnerOptions options;
  private final PlannedBackbone planned;

  /** The notes of the constructor, which the first listener receives. */
  private final List<String> notes = new ArrayList<>();

  /** Whether the first listener has received the notes about the weights. */
  private boolean informed;

  private final OpenState open = new OpenState(TransferLearner.class);

  private TransferLearner(BackboneSpec backbone, LearnerOptions options) {
    this.backbone = backbone;
    this.options = options.withCache(options.cache().requireUsable(notes::add));
    this.planned =
        new PlannedBackbone(
            backbone,
            options.weights(),
            options.devices(),
            options.precision(),
            FastDecoding.require(options.decode(), notes::add),
            this.options.cache());
  }

  /**
   * Returns a learner with the backbone's pretrained weights, on all GPUs or, if none, the CPU.
   *
   * @param backbone the name of a backbone in the zoo, such as {@code vgg16}
   * @throws InvalidOptionException if the zoo has no such backbone
   */
  public static TransferLearner of(String backbone) {
    return of(backbone, LearnerOptions.defaults());
  }

  /**
   * Returns a learner with other options.
   *
   * @throws InvalidOptionException if the zoo has no such backbone
   * @throws io.graft.runtime.OutputException if features cannot be stored in the cache folder
   */
  public static TransferLearner of(String backbone, LearnerOptions options) {
    return of(options.weights().backboneFor(Zoo.find(backbone)), options);
  }

  /**
   * Returns a learner for a backbone.
   *
   * @param backbone a backbone of the zoo, with any image size, or one from {@link Zoo#own}
   */
  public static TransferLearner of(BackboneSpec backbone, LearnerOptions options) {
    return new TransferLearner(backbone, options);
  }

  /** Returns the backbone. */
  public BackboneSpec backbone() {
    return backbone;
  }

  /**
   * Returns the devices. Each runs the frozen layers on its share of the images. The first also
   * trains the layers after the boundary.
   */
  public List<Device> devices() {
    return options.devices();
  }

  /** Returns where features are looked up and stored; off if the chosen folder is not usable. */
  public FeatureCache cache() {
    return options.cache();
  }

  /** Trains without validation images. */
  public Fit fit(LabeledImages train, FitOptions options) {
    return fit(train, Optional.empty(), options, FitListener.NONE);
  }

  /** Trains and evaluates on validation images after every epoch. */
  public Fit fit(LabeledImages train, LabeledImages validation, FitOptions options) {
    return fit(train, validation, options, FitListener.NONE);
  }

  /** Trains, evaluates on validation images after every epoch, and reports to a listener. */
  public Fit fit(
      LabeledImages train, LabeledImages validation, FitOptions options, FitListener listener) {
    return fit(train, Optional.of(validation), options, listener);
  }

  /**
   * Trains a head and the layers of the backbone that the options unfreeze. For each stage, runs
   * the frozen layers once on every image without stored features, then trains on the features.
   *
   * @param validation the images to evaluate after every epoch; their classes must be among the
   *     training classes
   * @throws BadDataException if a class has no usable image
   * @throws io.graft.runtime.WeightsException if the backbone's weights are not available
   * @throws io.graft.runtime.DeviceException if the device fails
   * @throws io.graft.runtime.StoppedException if the listener asks to stop
   */
  public Fit fit(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions options,
      FitListener listener) {
    return fitSeeds(train, validation, options, List.of(options.seed()), listener).get(0);
  }

  /**
   * Trains like {@link #fit(LabeledImages, Optional, FitOptions, FitListener)} and writes
   * checkpoints, so that an interrupted training can resume with the same result. The checkpoints
   * stay until {@link Checkpoints#remove}.
   *
   * @throws io.graft.runtime.GraftException if the checkpoint to resume belongs to other options,
   *     images or weights
   */
  public Fit fit(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions options,
      Checkpoints checkpoints,
      FitListener listener) {
    FitTask task = FitTask.of(train, validation, options, this.options.rowType());
    try (FitRun run = start(task, Optional.of(checkpoints), listener)) {
      return Fit.of(run, run.train());
    }
  }

  /**
   * Trains one model per seed, but extracts the features only once.
   *
   * @param seeds the seeds to use instead of the options' seed, at least one
   * @return the results in the order of the seeds
   */
  public List<Fit> fitSeeds(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions options,
      List<Long> seeds,
      FitListener listener) {
    FitTask task = FitTask.of(train, validation, options, this.options.rowType());
    try (FitRun run = start(task, Optional.empty(), listener)) {
      return seeds.stream().map(seed -> Fit.of(run, run.train(seed))).toList();
    }
  }

  /**
   * Measures options by k-fold cross-validation, then trains a model on all images. For each fold,
   * trains on the images of the other folds and evaluates on the images of this fold. Extracts the
   * features only once.
   *
   * <p>The final model has no validation images. With early stopping it trains for the mean of the
   * folds' best epochs, rounded. With calibration, its temperature is fitted on the logits of all
   * folds. If the options ask for a learning rate search, one runs in each fold and one for the
   * final model.
   *
   * @param folds how many folds to use, at least 2
   * @param options the options to measure; their seed also assigns the images to folds
   * @throws InvalidOptionException if there are more folds than images in the largest class, or the
   *     images are multi-label
   * @throws BadDataException if a class has fewer than two usable images
   */
  public CrossValidation crossValidate(
      LabeledImages images, int folds, FitOptions options, FitListener listener) {
    FitTask task = FitTask.ofFolds(images, options, this.options.rowType());
    // Checks the number of folds before the extraction. The run then divides the usable images.
    images.folds(folds, options.seed());
    try (FitRun run = start(task, Optional.empty(), listener)) {
      FoldTraining trained = run.trainFolds(folds);
      List<CrossValidation.Fold> results =
          trained.folds().stream()
              .map(
                  fold ->
                      new CrossValidation.Fold(
                          fold.images(), fold.history(), fold.epoch(), fold.rateSearch()))
              .toList();
      return new CrossValidation(results, Fit.of(run, run.trainAfter(trained)));
    }
  }

  private FitRun start(FitTask task, Optional<Checkpoints> checkpoints, FitListener listener) {
    begin(listener);
    return new FitRun(planned, task, checkpoints, listener, listener::epochEnded);
  }

  /** Writes the features of every image to a safetensors file, which has labels and texts too. */
  public Extraction extract(
      LabeledImages images,
      String boundary,
      TensorType type,
      Path file,
      OnBadImage onBadImage,
      FitListener listener) {
    FeatureFile target = new FeatureFile(file, FeatureFile.Format.SAFETENSORS);
    return extract(images, boundary, type, target, onBadImage, listener);
  }

  /**
   * Writes the features of every image to a file: N rows in NCHW order, in the order of the images.
   * The texts of the file have {@code backbone}, {@code weights_sha256}, {@code boundary}, {@code
   * precision} and {@code decode} as well.
   *
   * @param boundary the name of the last layer to run, as in Keras or torchvision
   * @param type the element type of the features, float16 or float32
   * @return the open rows; the caller must close them
   * @throws io.graft.runtime.OutputException if the file cannot be written
   */
  public Extraction extract(
      LabeledImages images,
      String boundary,
      TensorType type,
      FeatureFile file,
      OnBadImage onBadImage,
      FitListener listener) {
    begin(listener);
    file.requireWritable(0);
    Network frozen = backbone.network().prefix(backbone.network().indexAfter(boundary));
    FrozenLayers layers = planned.plan(frozen, List.of(images), listener).layers();
    Map<String, String> texts =
        Map.of(
            "backbone", backbone.name(),
            "weights_sha256", layers.weightDigest(),
            "boundary", frozen.layers().get(frozen.layers().size() - 1).name(),
            "precision", layers.plan().precision().word(),
            "decode", layers.input().decode().word());
    return new FeatureExtractor(layers, options.cache(), onBadImage, listener)
        .extractTo(file, images, type, new TreeMap<>(texts));
  }

  @Override
  public void close() {
    open.close();
    planned.close();
  }

  private void begin(FitListener listener) {
    open.require();
    if (!informed) {
      notes.addAll(options.weights().notes(backbone));
      informed = true;
    }
    notes.forEach(listener::note);
    notes.clear();
  }
}
