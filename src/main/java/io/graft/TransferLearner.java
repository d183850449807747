package io.graft;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.BadImage;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.data.SeededOrder;
import io.graft.eval.FeatureStatistics;
import io.graft.features.Extraction;
import io.graft.features.FeatureExtractor;
import io.graft.model.ModelCard;
import io.graft.model.TransferModel;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.train.FitOptions;
import io.graft.train.RowScorer;
import io.graft.train.RowStatistics;
import io.graft.train.TrainingLoop;
import io.graft.weights.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Trains classifiers on a pretrained, frozen backbone. Owns the backbone's memory on the device;
 * not safe for use by several threads at once.
 */
public final class TransferLearner implements AutoCloseable {

  /** Keeps the head's random weights apart from those of a backbone with the same seed. */
  private static final long HEAD_STREAM = 1;

  private final BackboneSpec backbone;
  private final LearnerOptions options;
  private final PlannedBackbone planned;
  private boolean closed;

  private TransferLearner(BackboneSpec backbone, LearnerOptions options) {
    this.backbone = backbone;
    this.options = options;
    this.planned = new PlannedBackbone(backbone, options);
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
   */
  public static TransferLearner of(String backbone, LearnerOptions options) {
    return new TransferLearner(options.weights().rowFor(Zoo.find(backbone)), options);
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
   * Trains a classifier: runs the frozen layers once over every image whose features are not kept
   * already, then all epochs over what they gave.
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
    requireOpen();
    boolean multiLabel = train.labelSets().isPresent();
    fitOptions.requireUsable(train.classes().size(), multiLabel, validation.isPresent());
    validation.ifPresent(other -> requireSameKind(multiLabel, other));
    Optional<LabeledImages> relabeled = validation.map(v -> v.withClasses(train.classes()));
    FreezeBoundary boundary =
        fitOptions.head().attach(backbone.network(), fitOptions.hidden(), train.classes().size());
    PlannedBackbone.Planned frozen =
        planned.plan(boundary.frozen(), train, TensorType.F16, listener);
    FeatureExtractor extractor =
        new FeatureExtractor(frozen.prefix(), options.cache(), fitOptions.onBadImage(), listener);
    try (Extraction trainRows = extractor.extract(train)) {
      trainRows.requireEveryClass(train);
      Extraction validationRows = relabeled.map(extractor::extract).orElse(null);
      try (validationRows) {
        FeatureStatistics statistics =
            multiLabel
                ? RowStatistics.ofAll(trainRows.store(), frozen.prefix().manager())
                : RowStatistics.of(
                    trainRows.store(), train.classes().size(), frozen.prefix().manager());
        List<Fit> fits = new ArrayList<>();
        for (long seed : seeds) {
          fits.add(
              train(
                  train,
                  trainRows,
                  Optional.ofNullable(validationRows),
                  boundary,
                  frozen,
                  statistics,
                  fitOptions.withSeed(seed),
                  listener));
        }
        return List.copyOf(fits);
      }
    }
  }

  private Fit train(
      LabeledImages images,
      Extraction trainRows,
      Optional<Extraction> validationRows,
      FreezeBoundary boundary,
      PlannedBackbone.Planned frozen,
      FeatureStatistics statistics,
      FitOptions fitOptions,
      FitListener listener) {
    FrozenPrefix prefix = frozen.prefix();
    long start = System.nanoTime();
    NDManager manager = prefix.manager().newSubManager();
    boolean trained = false;
    try {
      Network trainable = boundary.trainable();
      NetworkBlock head =
          NetworkBlock.trainable(
              trainable,
              RandomWeights.glorotUniform(
                  trainable, SeededOrder.mix(fitOptions.seed(), HEAD_STREAM)),
              manager);
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, fitOptions)
              .run(
                  trainRows.store(),
                  validationRows.map(Extraction::store),
                  metrics -> listener.epochEnded(metrics, fitOptions.epochs()));
      double seconds = (System.nanoTime() - start) / 1e9;
      prefix.requireUnchanged();
      if (result.epoch() < result.history().size()) {
        listener.note("The model has the parameters of epoch " + result.epoch() + ", the best.");
      }
      double temperature =
          fitOptions.calibrate()
              ? FittedTemperature.of(head, manager, validationRows.orElseThrow(), listener)
              : ModelCard.UNCALIBRATED;
      Optional<MultiLabelAnswers> answers =
          images
              .labelSets()
              .map(
                  sets ->
                      MultiLabelAnswers.of(
                          fitOptions,
                          images.classes().size(),
                          validationRows,
                          validationRows
                              .map(rows -> RowScorer.logits(head, manager, rows.store()))
                              .orElse(new float[0][])));
      List<BadImage> skipped = new ArrayList<>(trainRows.skipped());
      validationRows.ifPresent(rows -> skipped.addAll(rows.skipped()));
      ModelCard card =
          new ModelCard(
              backbone.name(),
              options.weights(),
              prefix.weightDigest(),
              backbone.input().canonical(),
              fitOptions.head(),
              fitOptions.hidden(),
              fitOptions.objective().loss().outputs(),
              prefix.plan().precision(),
              prefix.plan().scales(),
              temperature,
              answers.map(MultiLabelAnswers::thresholds),
              TrainingRecord.of(images, fitOptions, result, devices(), trainRows, validationRows));
      Fit fit =
          new Fit(
              TransferModel.of(
                  card, images.classes(), prefix, head, manager, Optional.of(statistics)),
              result.history(),
              result.epoch(),
              result.validation(),
              answers.flatMap(MultiLabelAnswers::validation),
              sum(trainRows, validationRows, rows -> rows.store().rows()),
              List.copyOf(skipped),
              frozen.choice().agreement(),
              sum(trainRows, validationRows, Extraction::rowsComputed),
              sum(trainRows, validationRows, Extraction::rowsReused),
              trainRows.seconds() + validationRows.map(Extraction::seconds).orElse(0.0),
              seconds);
      trained = true;
      return fit;
    } finally {
      if (!trained) {
        manager.close();
      }
    }
  }

  /**
   * Writes the frozen layers' output for every image to a safetensors file: {@code features} (N,
   * ...) in NCHW order, {@code labels} int64 (N), and in its metadata {@code classes} and {@code
   * paths} (JSON arrays, rows in path order), {@code backbone}, {@code weights_sha256}, {@code
   * boundary} and {@code precision}.
   *
   * @param boundary the last layer to run, by Keras's or torchvision's name
   * @param type float16 or float32
   * @return the rows, open; the caller closes them
   */
  public Extraction extract(
      LabeledImages images,
      String boundary,
      TensorType type,
      Path file,
      OnBadImage onBadImage,
      FitListener listener) {
    requireOpen();
    Network frozen = backbone.network().prefix(backbone.network().indexBehind(boundary));
    FrozenPrefix prefix = planned.plan(frozen, images, type, listener).prefix();
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

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("This learner is closed; make another.");
    }
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

  private static int sum(
      Extraction train, Optional<Extraction> validation, ToIntFunction<Extraction> count) {
    return count.applyAsInt(train) + validation.map(count::applyAsInt).orElse(0);
  }
}
