package io.graft.model;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import io.graft.backbone.FrozenPrefix;
import io.graft.backbone.Plan;
import io.graft.backbone.PlanChooser;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.eval.Evaluation;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.features.StoredRows;
import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.RgbImage;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.nn.WeightCheck;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Devices;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.WeightsException;
import io.graft.train.RowScorer;
import io.graft.weights.SafetensorsFile;
import io.graft.weights.TensorInfo;
import io.graft.weights.TensorSource;
import io.graft.weights.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.FetchProgress;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A trained classifier: a frozen backbone, the layers trained behind it, and the names of the
 * classes. Not safe for use by several threads at once.
 */
public final class TransferModel implements AutoCloseable {

  private final ModelCard card;
  private final List<String> classes;
  private final FrozenPrefix prefix;
  private final NetworkBlock head;
  private final NDManager headManager;
  private final boolean ownsPrefix;

  private TransferModel(
      ModelCard card,
      List<String> classes,
      FrozenPrefix prefix,
      NetworkBlock head,
      NDManager headManager,
      boolean ownsPrefix) {
    this.card = card;
    this.classes = List.copyOf(classes);
    this.prefix = prefix;
    this.head = head;
    this.headManager = headManager;
    this.ownsPrefix = ownsPrefix;
  }

  /**
   * A model over a backbone that its caller keeps and closes.
   *
   * @param head trained layers that take the backbone's rows
   * @param headManager owns the layers' parameters; closed with the model
   */
  public static TransferModel of(
      ModelCard card,
      List<String> classes,
      FrozenPrefix prefix,
      NetworkBlock head,
      NDManager headManager) {
    return new TransferModel(card, classes, prefix, head, headManager, false);
  }

  /**
   * Loads a saved model onto the first GPU, or the CPU where there is none, with the backbone's
   * weights from where they were when it was trained.
   *
   * @throws BadDataException if the folder is no model or damaged
   * @throws WeightsException if the backbone's weights are missing or not the same
   */
  public static TransferModel load(Path folder) {
    return load(
        folder,
        Devices.resolve("auto").get(0),
        Optional.empty(),
        UnaryOperator.identity(),
        FetchProgress.SILENT);
  }

  /**
   * Loads a saved model.
   *
   * @param precision of the frozen layers; empty for that in which the model was trained
   * @param weights from where the backbone's weights were when the model was trained to where they
   *     are now. They must be the ones that it was trained on, in whatever file.
   * @param progress told of a download
   * @throws BadDataException if the folder is no model or damaged
   * @throws WeightsException if the backbone's weights are missing or not the same
   */
  public static TransferModel load(
      Path folder,
      Device device,
      Optional<Precision> precision,
      UnaryOperator<WeightChoice> weights,
      FetchProgress progress) {
    ModelFolder.Content content = ModelFolder.read(folder);
    ModelCard card = content.card();
    BackboneSpec backbone = Zoo.find(card.backbone());
    FreezeBoundary boundary =
        card.head().attach(backbone.network(), card.hidden(), content.classes().size());
    if (!backbone.input().canonical().equals(card.input())) {
      throw new BadDataException(
          folder
              + " was trained on pictures prepared as "
              + card.input()
              + " and this Graft prepares them for "
              + card.backbone()
              + " as "
              + backbone.input().canonical()
              + ". Use the Graft that wrote it.");
    }
    Plan plan = plan(card, precision, device, progress);
    FrozenPrefix prefix =
        loadPrefix(
            folder,
            card,
            backbone,
            boundary,
            weights.apply(card.weights()),
            plan,
            device,
            progress);
    boolean loaded = false;
    NDManager manager = prefix.manager().newSubManager();
    try (SafetensorsFile head = SafetensorsFile.open(folder.resolve(ModelFolder.HEAD))) {
      WeightCheck.requireExactly(boundary.trainable(), head);
      NetworkBlock block = NetworkBlock.trainable(boundary.trainable(), head, manager);
      TransferModel model =
          new TransferModel(card, content.classes(), prefix, block, manager, true);
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        prefix.close();
      }
    }
  }

  private static FrozenPrefix loadPrefix(
      Path folder,
      ModelCard card,
      BackboneSpec backbone,
      FreezeBoundary boundary,
      WeightChoice weights,
      Plan plan,
      Device device,
      FetchProgress progress) {
    FrozenPrefix prefix =
        FrozenPrefix.of(
            boundary.frozen(),
            backbone.input(),
            () -> weights.open(backbone, progress),
            device,
            plan);
    if (prefix.weightDigest().equals(card.weightDigest())) {
      return prefix;
    }
    prefix.close();
    try (TensorSource source = weights.open(backbone, progress)) {
      throw new WeightsException(
          "The model "
              + folder
              + " was trained on other weights of "
              + backbone.name()
              + " than "
              + source.description()
              + ": their SHA-256 is "
              + prefix.weightDigest()
              + ", expected "
              + card.weightDigest()
              + ". Name the file that it was trained on with --weights.");
    }
  }

  /** As asked, else as it was trained where this device can, else exactly. */
  private static Plan plan(
      ModelCard card, Optional<Precision> asked, Device device, FetchProgress progress) {
    PlanChooser.requireOffered(device, asked);
    Precision precision = asked.orElse(card.precision());
    boolean scaled = precision != Precision.INT8 || !card.scales().isEmpty();
    if (scaled && PlanChooser.offered(device).contains(precision)) {
      List<Float> scales = precision == Precision.INT8 ? card.scales() : List.of();
      return Plan.of(precision, scales, device);
    } else if (asked.isPresent()) {
      throw new InvalidOptionException(
          "The model has no scales of int8, because it was trained in "
              + card.precision().word()
              + ". Leave --precision away, or name "
              + card.precision().word()
              + " or fp32.");
    }
    progress.note(
        "The model was trained in "
            + precision.word()
            + ", which "
            + Devices.nameOf(device)
            + " does not offer: the frozen layers are computed in fp32.");
    return Plan.exact(device);
  }

  /** What the model says of itself. */
  public ModelCard card() {
    return card;
  }

  /** The names of the classes by label. */
  public List<String> classes() {
    return classes;
  }

  /** The frozen backbone that it uses; closed with the model only if the model was loaded. */
  public FrozenPrefix prefix() {
    return prefix;
  }

  /**
   * Classifies one picture.
   *
   * @return a probability for every class
   * @throws BadDataException if the file cannot be decoded
   */
  public Classifications classify(Path image) {
    try {
      return classify(ImageDecoder.read(image));
    } catch (BadImageException e) {
      throw new BadDataException(
          "Cannot use the picture "
              + image
              + ": "
              + e.getMessage()
              + ". Expected a whole JPEG, PNG, GIF, BMP, TIFF or WebP file.",
          e);
    }
  }

  /** Classifies one decoded picture; see {@link #classify(Path)}. */
  public Classifications classify(RgbImage image) {
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(prefix.input().bytes()).order(ByteOrder.nativeOrder());
    prefix.input().write(image, pixels);
    pixels.flip();
    try (NDManager scratch = headManager.newSubManager()) {
      // Rounded to float16 as the feature store does, so that the answer is the one evaluated.
      NDArray row =
          StoredRows.of(prefix.forward(scratch, pixels, 1), TensorType.F16)
              .toType(DataType.FLOAT32, false);
      float[] logits =
          head.forward(new ParameterStore(scratch, false), new NDList(row), false)
              .singletonOrThrow()
              .toFloatArray();
      double[] probabilities = card.outputs().probabilities(logits);
      return new Classifications(classes, Arrays.stream(probabilities).boxed().toList());
    }
  }

  /**
   * Gives every image its features, for {@link #evaluate(Extraction)}.
   *
   * @param images labelled with this model's classes
   * @param cache where features are looked for and kept
   * @return the rows, open; the caller closes them
   */
  public Extraction extract(
      LabeledImages images,
      FeatureCache cache,
      OnBadImage onBadImage,
      FeatureExtractor.Progress progress) {
    return new FeatureExtractor(prefix, cache, onBadImage, progress)
        .extract(images.withClasses(classes));
  }

  /**
   * Evaluates the trained layers on extracted rows.
   *
   * @param rows features that this model's backbone gave, with labels of this model's classes
   */
  public Evaluation evaluate(Extraction rows) {
    return Evaluation.ofLogits(
        RowScorer.logits(head, headManager, rows.store()), rows.store().labels());
  }

  /**
   * Checks before training that {@link #save} will be able to write there.
   *
   * @throws io.graft.runtime.OutputException if it will not
   */
  public static void requireSavable(Path folder) {
    ModelFolder.requireWritable(folder);
  }

  /**
   * Saves the model as a folder, whole or not at all. A model that is there already is replaced.
   *
   * @throws io.graft.runtime.OutputException if it cannot be written, or if something that is not a
   *     model is in its place
   */
  public void save(Path folder) {
    Map<TensorInfo, ByteBuffer> tensors = new LinkedHashMap<>();
    head.getParameters()
        .forEach(
            parameter -> {
              NDArray array = parameter.getValue().getArray();
              List<Long> shape = new ArrayList<>();
              Arrays.stream(array.getShape().getShape()).forEach(shape::add);
              tensors.put(
                  new TensorInfo(parameter.getKey(), TensorType.F32, shape), array.toByteBuffer());
            });
    ModelFolder.write(folder, card, classes, tensors);
  }

  @Override
  public void close() {
    headManager.close();
    if (ownsPrefix) {
      prefix.close();
    }
  }
}
