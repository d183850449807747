package io.graft;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import io.graft.backbone.FrozenPrefix;
import io.graft.data.BadImage;
import io.graft.data.DataListing;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.data.SeededOrder;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.model.ModelCard;
import io.graft.model.TransferModel;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.RandomWeights;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Versions;
import io.graft.train.EpochMetrics;
import io.graft.train.FitOptions;
import io.graft.train.HistoryJson;
import io.graft.train.TrainingLoop;
import io.graft.weights.TensorSource;
import io.graft.weights.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
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

  /** How the frozen layers are computed; recorded with every result. */
  public static final String PRECISION = TransferModel.PRECISION;

  /** Keeps the head's random weights apart from those of a backbone with the same seed. */
  private static final long HEAD_STREAM = 1;

  private final BackboneSpec backbone;
  private final WeightChoice weights;
  private final Device device;
  private final FeatureCache cache;

  /** Frozen layers that are loaded, by the name of the last one. */
  private final Map<String, FrozenPrefix> loaded = new TreeMap<>();

  private boolean closed;

  private TransferLearner(
      BackboneSpec backbone, WeightChoice weights, Device device, FeatureCache cache) {
    this.backbone = backbone;
    this.weights = weights;
    this.device = device;
    this.cache = cache;
  }

  /**
   * A learner with the backbone's pretrained weights, on the first GPU or else the CPU.
   *
   * @param backbone a name of the zoo, such as {@code vgg16}
   * @throws InvalidOptionException if the zoo has no such backbone
   */
  public static TransferLearner of(String backbone) {
    return of(backbone, new WeightChoice.Pretrained(), Devices.resolve("auto").get(0));
  }

  /**
   * A learner with the given weights on the given device, which keeps features in Graft's cache
   * folder.
   *
   * @throws InvalidOptionException if the zoo has no such backbone
   */
  public static TransferLearner of(String backbone, WeightChoice weights, Device device) {
    return of(backbone, weights, device, FeatureCache.standard());
  }

  /**
   * A learner with the given weights on the given device.
   *
   * @param cache where features are looked for and kept
   * @throws InvalidOptionException if the zoo has no such backbone
   */
  public static TransferLearner of(
      String backbone, WeightChoice weights, Device device, FeatureCache cache) {
    return new TransferLearner(weights.rowFor(Zoo.find(backbone)), weights, device, cache);
  }

  /** The backbone. */
  public BackboneSpec backbone() {
    return backbone;
  }

  /** The device that everything runs on. */
  public Device device() {
    return device;
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
      FitOptions options,
      FitListener listener) {
    Optional<LabeledImages> relabeled = validation.map(v -> v.withClasses(train.classes()));
    FreezeBoundary boundary = options.head().attach(backbone.network(), train.classes().size());
    FrozenPrefix prefix = prefix(boundary.frozen(), boundary.layerName(), listener);
    FeatureExtractor extractor =
        new FeatureExtractor(prefix, PRECISION, cache, options.onBadImage(), listener);
    try (Extraction trainRows = extractor.extract(train)) {
      trainRows.requireEveryClass(train);
      Extraction validationRows = relabeled.map(extractor::extract).orElse(null);
      try (validationRows) {
        return train(
            train,
            trainRows,
            Optional.ofNullable(validationRows),
            boundary,
            prefix,
            options,
            listener);
      }
    }
  }

  private Fit train(
      LabeledImages images,
      Extraction trainRows,
      Optional<Extraction> validationRows,
      FreezeBoundary boundary,
      FrozenPrefix prefix,
      FitOptions options,
      FitListener listener) {
    long start = System.nanoTime();
    NDManager manager = prefix.manager().newSubManager();
    boolean trained = false;
    try {
      Network trainable = boundary.trainable();
      NetworkBlock head =
          NetworkBlock.trainable(
              trainable,
              RandomWeights.glorotUniform(trainable, SeededOrder.mix(options.seed(), HEAD_STREAM)),
              manager);
      TrainingLoop.Result result =
          new TrainingLoop(head, manager, options)
              .run(
                  trainRows.store(),
                  validationRows.map(Extraction::store),
                  metrics -> listener.epochEnded(metrics, options.epochs()));
      double seconds = (System.nanoTime() - start) / 1e9;
      prefix.requireUnchanged();
      List<BadImage> skipped = new ArrayList<>(trainRows.skipped());
      validationRows.ifPresent(rows -> skipped.addAll(rows.skipped()));
      ModelCard card =
          new ModelCard(
              backbone.name(),
              weights,
              prefix.weightDigest(),
              backbone.input().canonical(),
              options.head(),
              Precision.FP32,
              List.of(),
              describe(images, options, result.history(), trainRows, validationRows));
      Fit fit =
          new Fit(
              TransferModel.of(card, images.classes(), prefix, head, manager),
              result.history(),
              result.validation(),
              sum(trainRows, validationRows, rows -> rows.store().rows()),
              List.copyOf(skipped),
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
    Network frozen = backbone.network().prefix(backbone.network().indexBehind(boundary));
    String canonical = frozen.layers().get(frozen.layers().size() - 1).name();
    FrozenPrefix prefix = prefix(frozen, canonical, listener);
    Map<String, String> metadata =
        Map.of(
            "backbone",
            backbone.name(),
            "weights_sha256",
            prefix.weightDigest(),
            "boundary",
            canonical,
            "precision",
            PRECISION);
    return new FeatureExtractor(prefix, PRECISION, cache, onBadImage, listener)
        .extractTo(file, images, type, new TreeMap<>(metadata));
  }

  @Override
  public void close() {
    closed = true;
    loaded.values().forEach(FrozenPrefix::close);
    loaded.clear();
  }

  private FrozenPrefix prefix(Network frozen, String boundary, FitListener listener) {
    if (closed) {
      throw new IllegalStateException("This learner is closed; make another.");
    }
    return loaded.computeIfAbsent(
        boundary,
        name -> {
          try (TensorSource source = weights.open(backbone, listener)) {
            return FrozenPrefix.load(frozen, backbone.input(), source, device);
          }
        });
  }

  private static int sum(
      Extraction train, Optional<Extraction> validation, ToIntFunction<Extraction> count) {
    return count.applyAsInt(train) + validation.map(count::applyAsInt).orElse(0);
  }

  private JsonObject describe(
      LabeledImages images,
      FitOptions options,
      List<EpochMetrics> history,
      Extraction train,
      Optional<Extraction> validation) {
    JsonObject json = new JsonObject();
    json.addProperty("optimizer", "adam");
    json.addProperty("loss", "cross-entropy");
    json.addProperty("learning_rate", options.learningRate());
    json.addProperty("epochs", options.epochs());
    json.addProperty("batch_size", options.batchSize());
    json.addProperty("seed", options.seed());
    json.addProperty("device", Devices.nameOf(device));
    json.addProperty("data_listing_sha256", DataListing.sha256(images));
    json.addProperty("precision", PRECISION);
    json.addProperty("train_images", train.store().rows());
    validation.ifPresent(rows -> json.addProperty("validation_images", rows.store().rows()));
    json.addProperty("graft", Versions.graft());
    json.addProperty("djl", Versions.djlApi());
    json.addProperty("libtorch", Versions.libtorch());
    json.add("history", HistoryJson.of(history));
    return json;
  }
}
