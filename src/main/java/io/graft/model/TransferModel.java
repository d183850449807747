package io.graft.model;

import ai.djl.Device;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDManager;
import io.graft.backbone.FrozenLayers;
import io.graft.data.LabeledImages;
import io.graft.data.OnBadImage;
import io.graft.eval.Evaluation;
import io.graft.eval.FeatureDrift;
import io.graft.eval.FeatureStatistics;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.features.FeatureStore;
import io.graft.image.BadImageException;
import io.graft.image.ImageDecoder;
import io.graft.image.RgbImage;
import io.graft.nn.Network;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Devices;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorType;
import io.graft.train.RowScorer;
import io.graft.train.RowStatistics;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A trained classifier: a frozen backbone, the layers trained behind it, and the names of the
 * classes. Not safe for use by several threads at once.
 */
public final class TransferModel implements AutoCloseable {

  private final ModelCard card;
  private final List<String> classes;
  private final FrozenLayers prefix;
  private final NetworkBlock head;
  private final NDManager headManager;
  private final RowScorer scorer;
  private final ImageScorer pictures;
  private final Optional<FeatureStatistics> statistics;
  private final boolean ownsPrefix;

  TransferModel(
      ModelCard card,
      List<String> classes,
      FrozenLayers prefix,
      NetworkBlock head,
      NDManager headManager,
      Optional<FeatureStatistics> statistics,
      boolean ownsPrefix) {
    this.card = card;
    this.classes = List.copyOf(classes);
    this.prefix = prefix;
    this.head = head;
    this.headManager = headManager;
    this.scorer = new RowScorer(head, headManager);
    this.pictures = new ImageScorer(prefix, card.rowType(), scorer, headManager);
    this.statistics = statistics;
    this.ownsPrefix = ownsPrefix;
  }

  /**
   * A model over a backbone that its caller keeps and closes.
   *
   * @param head trained layers that take the backbone's rows
   * @param headManager owns the layers' parameters; closed with the model
   * @param statistics of the rows that they were trained on; empty for a model that cannot measure
   *     drift
   */
  public static TransferModel of(
      ModelCard card,
      List<String> classes,
      FrozenLayers prefix,
      NetworkBlock head,
      NDManager headManager,
      Optional<FeatureStatistics> statistics) {
    return new TransferModel(card, classes, prefix, head, headManager, statistics, false);
  }

  /**
   * Loads a saved model onto the GPUs, or the CPU where there is none, with the backbone's weights
   * from where they were when it was trained.
   *
   * @throws BadDataException if the folder is no model or damaged
   * @throws WeightsException if the backbone's weights are missing or not the same
   */
  public static TransferModel load(Path folder) {
    return load(
        folder, Devices.resolve("auto"), Optional.empty(), UnaryOperator.identity(), Progress.NONE);
  }

  /**
   * Loads a saved model.
   *
   * @param devices at least one; the first classifies, and all of them extract features
   * @param precision of the frozen layers; empty for that in which the model was trained
   * @param weights from where the backbone's weights were when the model was trained to where they
   *     are now. They must be the ones that it was trained on, in whatever file.
   * @param progress told of a download
   * @throws BadDataException if the folder is no model or damaged
   * @throws WeightsException if the backbone's weights are missing or not the same
   */
  public static TransferModel load(
      Path folder,
      List<Device> devices,
      Optional<Precision> precision,
      UnaryOperator<WeightChoice> weights,
      Progress progress) {
    return ModelLoader.load(folder, devices, precision, weights, progress);
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
  public FrozenLayers prefix() {
    return prefix;
  }

  /** The layers that were trained. */
  public Network trainedLayers() {
    return head.network();
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
    float[] logits = pictures.logits(image);
    double[] probabilities = card.decision().probabilities(logits);
    return new Classifications(classes, Arrays.stream(probabilities).boxed().toList());
  }

  /**
   * Returns the classes that an answer names, the most probable first: the most probable one, or of
   * a multi-label model those whose probability reaches their threshold.
   *
   * @param answer of {@link #classify}
   */
  public List<Classifications.Classification> named(Classifications answer) {
    double[] probabilities =
        classes.stream().mapToDouble(name -> answer.get(name).getProbability()).toArray();
    return card.decision().named(probabilities).stream()
        .map(label -> answer.<Classifications.Classification>get(classes.get(label)))
        .toList();
  }

  /**
   * Gives every image its features, for {@link #evaluate(Extraction)}.
   *
   * @param images labelled with this model's classes
   * @param cache where features are looked for and kept
   * @return the rows, open; the caller closes them
   * @throws BadDataException if images have several labels and the model gives each one class
   */
  public Extraction extract(
      LabeledImages images, FeatureCache cache, OnBadImage onBadImage, Progress progress) {
    card.requireKindOf(images);
    return new FeatureExtractor(prefix, cache, onBadImage, progress)
        .extract(images.withClasses(classes), card.rowType());
  }

  /**
   * Evaluates the model's answers on extracted rows.
   *
   * @param rows features of this model's backbone, with labels of this model's classes
   */
  public Evaluation evaluate(Extraction rows) {
    FeatureStore store = rows.store();
    return card.decision().evaluate(logits(rows), store.labels(), store.labelSets().targets());
  }

  /**
   * The outputs of the trained layers, before temperature and softmax.
   *
   * @param rows features that this model's backbone gave
   * @return float32 (rows, classes)
   */
  public float[][] logits(Extraction rows) {
    return scorer.logits(rows.store());
  }

  /**
   * How far the features of extracted rows lie from those that the model was trained on.
   *
   * @param rows features that this model's backbone gave, with labels of this model's classes
   * @return empty for a model without {@link #statistics}, and where {@link FeatureDrift#between}
   *     has nothing to measure with
   */
  public Optional<FeatureDrift> drift(Extraction rows) {
    return statistics.flatMap(
        training ->
            FeatureDrift.between(
                training, RowStatistics.of(rows.store(), !card.multiLabel(), headManager)));
  }

  /** Of the rows that the model was trained on; empty for a model saved without. */
  public Optional<FeatureStatistics> statistics() {
    return statistics;
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
    ModelFolder.write(
        folder,
        card,
        classes,
        TrainedTensors.of(head, head.getParameters().keys(), TensorType.F32),
        statistics);
  }

  /**
   * Saves the backbone's layers alone, without the head, as weights like any other: {@code
   * --weights FILE} takes them. The file says which backbone it is for.
   *
   * @param spec the backbone that was trained
   * @param type of the tensors in the file, float16 or float32
   * @throws io.graft.runtime.OutputException if it cannot be written; nothing is left of it then
   * @throws IllegalStateException if some of its layers were frozen
   */
  public void saveBackbone(Path file, BackboneSpec spec, TensorType type) {
    if (!prefix.network().layers().isEmpty()) {
      throw new IllegalStateException("The backbone was not trained as a whole");
    }
    TrainedTensors.writeBackbone(file, spec, type, head);
  }

  @Override
  public void close() {
    headManager.close();
    if (ownsPrefix) {
      prefix.close();
    }
  }
}
