package io.graft.zoo;

import io.graft.fetch.FetchOptions;
import io.graft.fetch.WeightCache;
import io.graft.nn.Network;
import io.graft.nn.RandomWeights;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import io.graft.tensors.TensorInfo;
import io.graft.tensors.TensorSource;
import io.graft.weights.NetworkWeights;
import io.graft.weights.WeightFile;
import io.graft.weights.WeightLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The choice of the weights of a backbone. */
public sealed interface WeightChoice {

  /**
   * Returns the backbone that these weights belong to, with its preprocessing.
   *
   * @param asked the backbone that was named; if it is the default of its network, a file may
   *     select another backbone of the same network
   * @throws WeightsException if a file cannot be read, or belongs to another backbone
   */
  default BackboneSpec backboneFor(BackboneSpec asked) {
    return asked;
  }

  /**
   * Opens the weights and checks that they fit the backbone's network.
   *
   * @param backbone the result of {@link #backboneFor}
   * @param progress the receiver of the progress of a download
   * @return the parameters with torchvision's names and layouts; without a classifier if the file
   *     has none
   * @throws WeightsException if the weights are missing, unreadable, or of another network
   */
  TensorSource open(BackboneSpec backbone, Progress progress);

  /**
   * Returns what users should know about the weights: what of a file is ignored.
   *
   * @param backbone the result of {@link #backboneFor}
   * @throws WeightsException if the weights are in a file that cannot be read, or of another
   *     network
   */
  default List<String> notes(BackboneSpec backbone) {
    return List.of();
  }

  /** Returns a text that {@link #parse} reads as an equal choice, given the same seed. */
  String optionText();

  /**
   * The pretrained weights of the zoo, which are fetched into Graft's cache folder if necessary.
   */
  record Pretrained(FetchOptions options) implements WeightChoice {
    /** Creates a choice with the fetch options of the environment. */
    public Pretrained() {
      this(FetchOptions.fromEnvironment());
    }

    /**
     * Returns the published file in the cache folder, and fetches it if necessary.
     *
     * @throws WeightsException if there is no published file, or it cannot be fetched
     */
    public Path fetch(BackboneSpec backbone, Progress progress) {
      if (backbone.origin() instanceof WeightOrigin.Published published) {
        return new WeightCache().fetch(published.file(), options, progress);
      }
      throw new WeightsException(
          backbone.origin() instanceof WeightOrigin.Bundled
              ? backbone.name() + " is part of Graft: there is nothing to fetch."
              : ("Nobody publishes weights for %s. Name your own weights file, such as 'graft"
                      + " pretrain' writes.")
                  .formatted(backbone.name()),
          "weights");
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

  /** The weights in a file, in any format that Graft reads. */
  record FromFile(Path file) implements WeightChoice {
    /** Makes the path absolute, so that a saved model finds it from any working folder. */
    public FromFile {
      file = file.toAbsolutePath().normalize();
    }

    @Override
    public BackboneSpec backboneFor(BackboneSpec asked) {
      try (TensorSource source = WeightChoice.opened(file)) {
        Optional<BackboneSpec> named = WeightOrigin.Own.spec(source);
        if (named.isPresent()) {
          BackboneSpec own = named.get();
          boolean fits =
              asked.name().equals(DEFAULT) || asked.network().name().equals(own.network().name());
          if (!fits) {
            throw new WeightsException(
                ("%s holds weights of %s, but the backbone is %s. Leave the backbone out, or name"
                        + " the file that belongs to it.")
                    .formatted(file, own.name(), asked.name()),
                "backbone",
                "weights");
          }
          return own;
        }
        boolean keras = WeightLayout.detect(source) == WeightLayout.KERAS;
        if (keras == (asked.layout() == WeightLayout.KERAS)) {
          return asked;
        }
        boolean isDefaultOfItsNetwork = asked.name().equals(asked.network().name());
        if (isDefaultOfItsNetwork && keras) {
          boolean classified = hasClassifier(NetworkWeights.of(asked.network(), source).network());
          return Zoo.backbones().stream()
              .filter(spec -> spec.layout() == WeightLayout.KERAS)
              .filter(spec -> spec.network().name().equals(asked.network().name()))
              .filter(spec -> hasClassifier(spec.network()) == classified)
              .findFirst()
              .orElseThrow(() -> mismatch(asked, "Keras's"));
        }
        throw mismatch(asked, keras ? "Keras's" : "torchvision's");
      }
    }

    private static final String LAST_HIDDEN = "fc2";
    private static final int MOST_NAMED = 6;

    private static boolean hasClassifier(Network network) {
      return network.layers().stream().anyMatch(layer -> layer.name().equals(LAST_HIDDEN));
    }

    @Override
    public List<String> notes(BackboneSpec backbone) {
      try (TensorSource source = WeightFile.open(file)) {
        List<TensorInfo> ignored = NetworkWeights.of(backbone.network(), source).ignored();
        String which =
            ignored.stream()
                .limit(MOST_NAMED)
                .map(info -> info.name() + " " + info.shape())
                .collect(Collectors.joining(", "));
        return ignored.isEmpty()
            ? List.of()
            : List.of(
                "%s: ignored %s after the boundary: %s%s. No layer of %s takes them."
                    .formatted(
                        file,
                        ignored.size() == 1 ? "1 tensor" : ignored.size() + " tensors",
                        which,
                        ignored.size() > MOST_NAMED
                            ? " and %s more".formatted(ignored.size() - MOST_NAMED)
                            : "",
                        backbone.name()));
      }
    }

    private WeightsException mismatch(BackboneSpec asked, String whose) {
      return new WeightsException(
          ("%s has %s names and layouts, but %s has the preprocessing of %s, which is wrong for"
                  + " these weights. Name the backbone that the file belongs to, or leave the backbone"
                  + " out; 'graft zoo list' shows all.")
              .formatted(file, whose, asked.name(), asked.layout().program()),
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

  /** Random weights, drawn by {@link RandomWeights#kaimingUniform}. */
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

  /** The name of the default backbone. */
  String DEFAULT = "vgg16";

  /** The text that selects {@link Pretrained}. */
  String PRETRAINED = "pretrained";

  /** The text that selects {@link Random}. */
  String RANDOM = "random";

  /**
   * Parses a choice: {@code pretrained}, {@code random}, or the path of a file.
   *
   * @param seed the seed of random weights
   * @param options the fetch options of pretrained weights
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
    TensorSource source = opened(file);
    try {
      return NetworkWeights.of(backbone.network(), source).tensors();
    } catch (WeightsException e) {
      source.close();
      throw e;
    }
  }

  private static TensorSource opened(Path file) {
    try {
      return WeightFile.open(file);
    } catch (WeightsException e) {
      throw new WeightsException(e.getMessage(), e, "weights");
    }
  }
}
