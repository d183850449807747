package io.graft;

import ai.djl.Device;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.features.Extraction;
import io.graft.features.FeatureExtractor;
import io.graft.nn.Network;
import io.graft.recipe.FitData;
import io.graft.recipe.FitOptions;
import io.graft.runtime.BadDataException;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.InvalidOptionException;
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
 * Trains classifiers on a pretrained, frozen backbone. Owns the backbone's memory on the device;
 * not safe for use by several threads at once.
 */
public final class TransferLearner implements AutoCloseable {

  private final BackboneSpec backbone;
  private final LearnerOptions options;
  private final PlannedBackbone planned;

  /** What the first listener is told. */
  private final List<String> notes = new ArrayList<>();

  private boolean closed;

  private TransferLearner(BackboneSpec backbone, LearnerOptions options) {
    this.backbone = backbone;
    this.options = options.withCache(options.cache().requireUsable(notes::add));
    this.planned = new PlannedBackbone(backbone, this.options);
  }

  /**
   * A learner with the backbone's pretrained weights, on all GPUs or else the CPU.
   *
   * @param backbone a name of the zoo, such as {@code vgg16}
   * @throws InvalidOptionException if the zoo has no such backbone
   */
  public static TransferLearner of(String backbone) {
    return of(backbone, LearnerOptions.defaults());
  }

  /**
   * A learner with those options.
   *
   * @throws InvalidOptionException if the zoo has no such backbone
   * @throws io.graft.runtime.OutputException if features cannot be kept in the folder that was
   *     given
   */
  public static TransferLearner of(String backbone, LearnerOptions options) {
    return of(options.weights().rowFor(Zoo.find(backbone)), options);
  }

  /**
   * A learner over a backbone that is at hand.
   *
   * @param backbone of the zoo, at an image size of its own or not, or {@link Zoo#own}
   */
  public static TransferLearner of(BackboneSpec backbone, LearnerOptions options) {
    return new TransferLearner(backbone, options);
  }

  /** The backbone. */
  public BackboneSpec backbone() {
    return backbone;
  }

  /**
   * The devices that the frozen layers run on, each on its share of the pictures; the classifier is
   * trained on the first.
   */
  public List<Device> devices() {
    return options.devices();
  }

  /**
   * Trains without validation images; see {@link #fit(LabeledImages, Optional, FitOptions,
   * FitListener)}.
   */
  public Fit fit(LabeledImages train, FitOptions options) {
    return fit(train, Optional.empty(), options, FitListener.NONE);
  }

  /** Trains; see {@link #fit(LabeledImages, Optional, FitOptions, FitListener)}. */
  public Fit fit(LabeledImages train, LabeledImages validation, FitOptions options) {
    return fit(train, Optional.of(validation), options, FitListener.NONE);
  }

  /**
   * Trains a classifier, and with it the layers of the backbone that the options unfreeze: runs the
   * frozen layers once over every image whose features are not kept already, then all epochs over
   * what they gave; so for each stage.
   *
   * @param validation evaluated after every epoch; its classes must be among the training classes
   * @throws BadDataException if a class has no usable image
   * @throws io.graft.runtime.WeightsException if the backbone's weights cannot be had
   * @throws io.graft.runtime.DeviceException if the device fails
   */
  public Fit fit(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions fitOptions,
      FitListener listener) {
    return fitSeeds(train, validation, fitOptions, List.of(fitOptions.seed()), listener).get(0);
  }

  /**
   * Trains a classifier and keeps the state of the training while it runs, so that it can go on
   * behind an interruption, to the same result; see {@link #fit(LabeledImages, Optional,
   * FitOptions, FitListener)}. The checkpoints stay there until {@link Checkpoints#remove}.
   *
   * @throws io.graft.runtime.StoppedException if the listener asked for it
   * @throws io.graft.runtime.GraftException if what is to be gone on from is a checkpoint of other
   *     options, data or weights
   */
  public Fit fit(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions fitOptions,
      Checkpoints checkpoints,
      FitListener listener) {
    try (FitRun run = run(train, validation, fitOptions, Optional.of(checkpoints), listener)) {
      return run.fit();
    }
  }

  /**
   * Trains a classifier for each of several seeds, on features that are had once; see {@link
   * #fit(LabeledImages, Optional, FitOptions, FitListener)}.
   *
   * @param seeds in place of the one of the options, at least one
   * @return what each came to, in the order of the seeds
   */
  public List<Fit> fitSeeds(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions fitOptions,
      List<Long> seeds,
      FitListener listener) {
    try (FitRun run = run(train, validation, fitOptions, Optional.empty(), listener)) {
      return seeds.stream().map(run::fit).toList();
    }
  }

  private FitRun run(
      LabeledImages train,
      Optional<LabeledImages> validation,
      FitOptions fitOptions,
      Optional<Checkpoints> checkpoints,
      FitListener listener) {
    begin(listener);
    boolean multiLabel = train.labelSets().isPresent();
    new FitData(train.classes().size(), multiLabel, validation.isPresent())
        .requireUsable(fitOptions);
    validation.ifPresent(other -> requireSameKind(multiLabel, other));
    return new FitRun(
        backbone, options, planned, train, validation, fitOptions, checkpoints, listener);
  }

  /**
   * Measures options by k-fold cross-validation, and trains with them on all images: for each fold
   * a classifier is trained on the images of the others and measured on this one's, all on features
   * that are had once. Every fold counts alike, and its images are plain pictures.
   *
   * <p>The last model has nothing to validate on. With early stopping it is trained for the mean of
   * the epochs that the folds were best behind, rounded; with calibration its temperature is fitted
   * on the folds' answers, each image's by the classifier that did not see it; a learning rate is
   * searched for in each fold anew, and on all images for the last model.
   *
   * @param folds how many, at least 2
   * @param fitOptions whose seed draws the folds too
   * @throws InvalidOptionException if there are more folds than images in the largest class, or
   *     images may have several classes
   * @throws BadDataException if a class has fewer than two usable images
   */
  public CrossValidation crossValidate(
      LabeledImages images, int folds, FitOptions fitOptions, FitListener listener) {
    begin(listener);
    new FitData(images.classes().size(), images.labelSets().isPresent(), true)
        .requireUsable(fitOptions);
    // Refuses impossible folds before features are computed; theirs are of the usable images.
    images.folds(folds, fitOptions.seed());
    try (FitRun run =
        new FitRun(
            backbone,
            options,
            planned,
            images,
            Optional.empty(),
            fitOptions,
            Optional.empty(),
            listener)) {
      return run.crossValidate(folds);
    }
  }

  /**
   * Writes the frozen layers' output for every image to a safetensors file: {@code features} (N,
   * ...) in NCHW order, {@code labels} int64 (N), and in its metadata {@code classes} and {@code
   * paths} (JSON arrays, rows in path order), {@code backbone}, {@code weights_sha256}, {@code
   * boundary} and {@code precision}. Where images have any number of classes, labels are positions
   * in {@code label_sets}.
   *
   * @param boundary the last layer to run, by Keras's or torchvision's name
   * @param type float16 or float32
   * @return the rows, open; the caller closes them
   * @throws io.graft.runtime.OutputException if the file cannot be written
   */
  public Extraction extract(
      LabeledImages images,
      String boundary,
      TensorType type,
      Path file,
      OnBadImage onBadImage,
      FitListener listener) {
    begin(listener);
    DurableFiles.requireWritableFile(file, 0);
    Network frozen = backbone.network().prefix(backbone.network().indexAfter(boundary));
    FrozenPrefix prefix = planned.plan(frozen, List.of(images), listener).prefix();
    Map<String, String> metadata =
        Map.of(
            "backbone",
            backbone.name(),
            "weights_sha256",
            prefix.weightDigest(),
            "boundary",
            frozen.layers().get(frozen.layers().size() - 1).name(),
            "precision",
            prefix.plan().precision().word());
    return new FeatureExtractor(prefix, options.cache(), onBadImage, listener)
        .extractTo(file, images, type, new TreeMap<>(metadata));
  }

  @Override
  public void close() {
    closed = true;
    planned.close();
  }

  private void begin(FitListener listener) {
    if (closed) {
      throw new IllegalStateException("This learner is closed; make another.");
    }
    notes.forEach(listener::note);
    notes.clear();
  }

  private static void requireSameKind(boolean multiLabel, LabeledImages validation) {
    if (!multiLabel && validation.labelSets().isPresent()) {
      throw new BadDataException(
          validation.source()
              + " gives an image any number of labels, and the training images have one each."
              + " Expected validation images of one label. Name the column label, or train on a"
              + " table with the column labels.");
    }
  }
}
