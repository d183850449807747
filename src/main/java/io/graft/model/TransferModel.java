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
import io.graft.features.ContentDigests;
import io.graft.features.Extraction;
import io.graft.features.FeatureCache;
import io.graft.features.FeatureExtractor;
import io.graft.features.FeatureStore;
import io.graft.image.Decode;
import io.graft.image.RgbImage;
import io.graft.nn.NetworkBlock;
import io.graft.nn.Precision;
import io.graft.runtime.BadDataException;
import io.graft.runtime.Devices;
import io.graft.runtime.OpenState;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorType;
import io.graft.train.RowScorer;
import io.graft.train.RowStatistics;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A trained classifier: the frozen layers, the trained layers after them, and the names of the
 * classes. Only one thread may use a model at a time.
 *
 * <pre>{@code
 * try (TransferModel model = TransferModel.load(Path.of("flowers-model"))) {
 *   Classifications prediction = model.classify(Path.of("rose.jpg"));
 *   System.out.println(prediction.best().getClassName());
 * }
 * }</pre>
 */
public final class TransferModel implements AutoCloseable {

  private final FrozenLayers frozen;
  private final NetworkBlock trained;
  private final NDManager manager;
  private final RowScorer scorer;
  private final ImageScorer scores;
  private final ModelFolder.Content content;
  private final boolean ownsFrozen;

  private TransferModel(ModelParts parts, boolean ownsFrozen) {
    this.content = parts.content();
    this.frozen = parts.frozen();
    this.trained = parts.layers();
    this.manager = parts.manager();
    this.scorer = new RowScorer(trained, manager);
    this.scores = new ImageScorer(frozen, content.card().rowType(), scorer, manager);
    this.ownsFrozen = ownsFrozen;
  }

  /**
   * Creates a model on frozen layers that the caller owns and closes.
   *
   * @param manager the owner of the trained layers' parameters; the model closes it
   * @param statistics those of the training rows; empty if unknown, like {@code digests}
   */
  public static TransferModel of(
      ModelCard card,
      List<String> classes,
      FrozenLayers frozen,
      NetworkBlock trained,
      NDManager manager,
      Optional<FeatureStatistics> statistics,
      Optional<ContentDigests> digests) {
    ModelFolder.Content content = new ModelFolder.Content(card, classes, statistics, digests);
    return new TransferModel(new ModelParts(content, frozen, trained, manager), false);
  }

  /** Loads a saved model onto the GPUs, or else the CPU. The weights are where they were. */
  public static TransferModel load(Path folder) {
    return load(folder, Devices.resolve("auto"), Optional.empty(), w -> w, Progress.NONE);
  }

  /**
   * Loads a saved model.
   *
   * @param devices the devices, at least one; the first classifies images, and all of them extract
   *     features
   * @param precision the precision of the frozen layers; empty for the precision of the training
   * @param weights a function from the place of the backbone's weights during training to their
   *     place now. The weights must be the same, but may be in another file.
   * @param progress the receiver of messages about a download
   * @throws BadDataException if the folder is not a model or is damaged
   * @throws WeightsException if the backbone's weights are missing or differ
   */
  public static TransferModel load(
      Path folder,
      List<Device> devices,
      Optional<Precision> precision,
      UnaryOperator<WeightChoice> weights,
      Progress progress) {
    return load(folder, devices, precision, Decode.AUTO, weights, progress);
  }

  /** Loads like the method before; {@link Decode#AUTO} decodes as in the training. */
  public static TransferModel load(
      Path folder,
      List<Device> devices,
      Optional<Precision> precision,
      Decode decode,
      UnaryOperator<WeightChoice> weights,
      Progress progress) {
    return new TransferModel(
        ModelParts.load(folder, devices, precision, decode, weights, progress), true);
  }

  /** Returns the description of the model. */
  public ModelCard card() {
    return content.card();
  }

  /** Returns the names of the classes, in label order. */
  public List<String> classes() {
    return content.classes();
  }

  /** Returns how this model decodes JPEG files here, exact or fast. */
  public Decode decode() {
    return frozen.input().decode();
  }

  /** Returns how many parameters the trained layers have. */
  public long trainedParameters() {
    return trained.network().parameterCount();
  }

  /** Returns how many parameters the frozen layers have. */
  public long frozenParameters() {
    return frozen.network().parameterCount();
  }

  /** Returns a probability for every class. Throws BadDataException for a file without an image. */
  public Classifications classify(Path image) {
    requireOpen();
    return classifications(scores.logits(image));
  }

  /** Classifies a decoded image, like {@link #classify(Path)}. */
  public Classifications classify(RgbImage image) {
    requireOpen();
    return classifications(scores.logits(image));
  }

  private Classifications classifications(float[] logits) {
    double[] probabilities = card().decision().probabilities(logits);
    return new Classifications(classes(), Arrays.stream(probabilities).boxed().toList());
  }

  /** Scores images in batches and bounded memory. Does not use their labels or keep features. */
  public void score(
      LabeledImages images, OnBadImage onBadImage, Answers answers, Progress progress) {
    requireOpen();
    scores.score(images, onBadImage, answers, progress);
  }

  /**
   * Returns the predicted classes of a result of {@link #classify}, the most probable first. A
   * multi-label model predicts every class whose probability reaches its threshold; other models
   * predict one class.
   */
  public List<Classifications.Classification> named(Classifications probabilities) {
    double[] byLabel =
        classes().stream().mapToDouble(name -> probabilities.get(name).getProbability()).toArray();
    return card().decision().named(byLabel).stream()
        .map(label -> probabilities.<Classifications.Classification>get(classes().get(label)))
        .toList();
  }

  /**
   * Extracts the features of images, for {@link #evaluate(Extraction)}.
   *
   * @param images the images, labelled with classes of this model
   * @param cache where features are looked up and stored
   * @return the open rows; the caller must close them
   * @throws BadDataException if the images are multi-label and the model is not
   */
  public Extraction extract(
      LabeledImages images, FeatureCache cache, OnBadImage onBadImage, Progress progress) {
    requireOpen();
    card().requireKindOf(images);
    return new FeatureExtractor(frozen, cache, onBadImage, progress)
        .extract(images.withClasses(classes()), card().rowType());
  }

  /** Evaluates the model on the rows of {@link #extract}. */
  public Evaluation evaluate(Extraction rows) {
    FeatureStore store = rows.store();
    return card().decision().evaluate(logits(rows), store.labels(), store.labelSets().targets());
  }

  /** Returns the logits of the rows of {@link #extract}, float32 (rows, classes). */
  public float[][] logits(Extraction rows) {
    requireOpen();
    return scorer.logits(rows.store());
  }

  /**
   * Measures how far the rows of {@link #extract} are from the training features. Returns empty if
   * the model has no {@link #statistics} or {@link FeatureDrift#between} returns empty.
   */
  public Optional<FeatureDrift> drift(Extraction rows) {
    requireOpen();
    return statistics()
        .flatMap(
            training ->
                FeatureDrift.between(
                    training, RowStatistics.of(rows.store(), !card().multiLabel(), manager)));
  }

  /** Returns the statistics of the training rows; empty for a model saved without them. */
  public Optional<FeatureStatistics> statistics() {
    return content.statistics();
  }

  /** Returns how many files of {@link #extract} were trained on; empty without their digests. */
  public Optional<Integer> trainedOn(Extraction rows) {
    return content.digests().map(rows::countIn);
  }

  /** Returns whether {@link #save} will replace a model; throws what it throws if it cannot. */
  public static boolean requireSavable(Path folder) {
    ModelFolder.requireWritable(folder);
    return Files.exists(ModelFile.CARD.in(folder));
  }

  /**
   * Saves the model as a folder. Replaces a model that is there; if that fails, leaves it there.
   *
   * @throws io.graft.runtime.OutputException if the folder cannot be written, or is no model
   */
  public void save(Path folder) {
    save(folder, true);
  }

  /** Saves like {@link #save(Path)}; {@code digests} says whether with those of its images. */
  public void save(Path folder, boolean digests) {
    requireOpen();
    ModelFolder.write(
        folder,
        digests ? content : content.withoutDigests(),
        ModelTensors.of(trained, trained.getParameters().keys(), TensorType.F32));
  }

  /**
   * Saves the layers of the backbone without the head, as weights for {@link
   * WeightChoice.FromFile}. The file says which backbone it is for.
   *
   * @param type the element type of the tensors in the file, float16 or float32
   * @throws io.graft.runtime.OutputException if the file cannot be written; no partial file remains
   * @throws IllegalStateException if some layers of the backbone were frozen
   */
  public void saveBackbone(Path file, BackboneSpec spec, TensorType type) {
    requireOpen();
    if (!frozen.network().layers().isEmpty()) {
      throw new IllegalStateException("Some layers of the backbone were frozen");
    }
    ModelTensors.writeBackbone(file, spec, type, trained);
  }

  private void requireOpen() {
    if (!manager.isOpen()) {
      throw OpenState.closed(TransferModel.class);
    }
  }

  /** Frees the trained layers, and the frozen layers if the model was loaded from a folder. */
  @Override
  public void close() {
    manager.close();
    if (ownsFrozen) {
      frozen.close();
    }
  }

  /** Returns a readable text with the backbone and the number of classes. */
  @Override
  public String toString() {
    return "TransferModel[" + card().backbone() + ", " + classes().size() + " classes]";
  }
}
