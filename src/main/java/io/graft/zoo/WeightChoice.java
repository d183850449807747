package io.graft.zoo;

import io.graft.fetch.FetchOptions;
import io.graft.fetch.PublishedFile;
import io.graft.fetch.WeightCache;
import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorSource;
import io.graft.weights.NetworkWeights;
import io.graft.weights.WeightFile;
import io.graft.weights.WeightLayout;
import java.nio.file.Path;
import java.util.Optional;

/** Which weights a backbone gets. */
public sealed interface WeightChoice {

  /**
   * The row of the zoo that these weights belong to, and with it the preprocessing.
   *
   * @param asked the row that was named; the default row of a network gives way to another one of
   *     the same network where a file says so
   * @throws WeightsException if a file cannot be read, or belongs to another row than the named one
   */
  default BackboneSpec rowFor(BackboneSpec asked) {
    return asked;
  }

  /**
   * Opens the weights and checks that they are those of the backbone's network.
   *
   * @param backbone what {@link #rowFor} gave
   * @param progress told of a download
   * @return the parameters by torchvision's names and in its layouts; without a classifier where
   *     the file has none
   * @throws WeightsException if they are missing, unreadable, or of another network
   */
  TensorSource open(BackboneSpec backbone, Progress progress);

  /** The text that {@link #parse} turns into an equal choice, given the same seed. */
  String optionText();

  /** The weights that the zoo names, from Graft's cache folder or else fetched into it. */
  record Pretrained(FetchOptions options) implements WeightChoice {
    /** Fetched as the environment says. */
    public Pretrained() {
      this(FetchOptions.fromEnvironment());
    }

    /**
     * The published file, from the cache folder or else fetched into it.
     *
     * @throws WeightsException if it is not to be had
     */
    public Path fetch(BackboneSpec backbone, Progress progress) {
      PublishedFile file =
          backbone
              .published()
              .orElseThrow(
                  () ->
                      new WeightsException(
                          backbone.origin() instanceof WeightOrigin.Bundled
                              ? backbone.name() + " is part of Graft: there is nothing to fetch."
                              : "Nobody publishes weights for "
                                  + backbone.name()
                                  + ". Name a weights file of yours, such as 'graft pretrain' writes.",
                          "weights"));
      return new WeightCache().fetch(file, options, progress);
    }

    @Override
    public TensorSource open(BackboneSpec backbone, Progress progress) {
      if (backbone.origin() instanceof WeightOrigin.Bundled bundled) {
        return bundled.open();
      }
      return WeightChoice.openFile(fetch(backbone, progress), backbone);
    }

    @Override
    public String optionText() {
      return PRETRAINED;
    }
  }

  /** The weights in a file of any kind that Graft reads. */
  record FromFile(Path file) implements WeightChoice {
    /** Makes the path absolute, so that a saved model finds it from any working folder. */
    public FromFile {
      file = file.toAbsolutePath().normalize();
    }

    @Override
    public BackboneSpec rowFor(BackboneSpec asked) {
      try (TensorSource source = WeightFile.open(file)) {
        Optional<BackboneSpec> named = OwnWeights.spec(source);
        if (named.isPresent()) {
          BackboneSpec own = named.get();
          boolean fits =
              asked.name().equals(DEFAULT) || asked.network().name().equals(own.network().name());
          if (!fits) {
            throw new WeightsException(
                file
                    + " holds weights of "
                    + own.name()
                    + ", and the backbone asked for is "
                    + asked.name()
                    + ". Leave the backbone out, or name the file that belongs to it.",
                "backbone",
                "weights");
          }
          return own;
        }
        boolean keras = WeightLayout.detect(source) == WeightLayout.KERAS;
        if (keras == (asked.layout() == WeightLayout.KERAS)) {
          return asked;
        }
        if (asked.isDefaultOfItsNetwork() && keras) {
          return Zoo.backbones().stream()
              .filter(row -> row.layout() == WeightLayout.KERAS)
              .filter(row -> row.network().name().equals(asked.network().name()))
              .filter(row -> row.network().equals(held(row, source)))
              .findFirst()
              .orElseThrow(() -> mismatch(asked, "Keras's"));
        }
        throw mismatch(asked, keras ? "Keras's" : "torchvision's");
      }
    }

    private static Network held(BackboneSpec row, TensorSource source) {
      return NetworkWeights.of(Zoo.find(row.network().name()).network(), source).network();
    }

    private WeightsException mismatch(BackboneSpec asked, String whose) {
      return new WeightsException(
          file
              + " has "
              + whose
              + " names and layouts, and "
              + asked.name()
              + " stands for weights with the preprocessing of "
              + asked.layout().program()
              + ": one is wrong with the other. Name the backbone that the file belongs to, or leave"
              + " the backbone out; 'graft zoo list' names them.",
          "backbone");
    }

    @Override
    public TensorSource open(BackboneSpec backbone, Progress progress) {
      return WeightChoice.openFile(file, backbone);
    }

    @Override
    public String optionText() {
      return file.toString();
    }
  }

  /** Random weights, as {@link RandomWeights#kaimingUniform} draws them. */
  record Random(long seed) implements WeightChoice {
    @Override
    public TensorSource open(BackboneSpec backbone, Progress progress) {
      return RandomWeights.kaimingUniform(backbone.network(), seed);
    }

    @Override
    public String optionText() {
      return RANDOM;
    }
  }

  /** The backbone where none is named. */
  String DEFAULT = "vgg16";

  /** What people type for {@link Pretrained}. */
  String PRETRAINED = "pretrained";

  /** What people type for {@link Random}. */
  String RANDOM = "random";

  /**
   * The choice that a person typed: {@code pretrained}, {@code random}, or the path of a file.
   *
   * @param seed for random weights
   * @param options for pretrained weights
   * @throws InvalidOptionException if the text is empty
   */
  static WeightChoice parse(String text, long seed, FetchOptions options) {
    if (text.isBlank()) {
      throw new InvalidOptionException(
          "No weights named: expected pretrained, random, or a file of weights.");
    }
    return switch (text) {
      case PRETRAINED -> new Pretrained(options);
      case RANDOM -> new Random(seed);
      default -> new FromFile(Path.of(text));
    };
  }

  private static TensorSource openFile(Path file, BackboneSpec backbone) {
    TensorSource source = WeightFile.open(file);
    try {
      return NetworkWeights.of(backbone.network(), source).tensors();
    } catch (WeightsException e) {
      source.close();
      throw e;
    }
  }
}
