package io.graft.cli.options;

import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.cli.report.Console;
import io.graft.features.FeatureCache;
import io.graft.image.Decode;
import io.graft.tensors.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The backbone of a command, its weights, and where it runs. */
public final class BackboneOptions {

  @Mixin private NetworkOptions network;

  @Option(
      names = "--weights",
      paramLabel = "WEIGHTS",
      defaultValue = WeightChoice.PRETRAINED,
      description =
          "pretrained, random, or a file: safetensors, PyTorch or Keras, detected by content;"
              + " ${DEFAULT-VALUE} if absent.")
  private String weights;

  @Mixin private SeedOption seed;
  @Mixin private FetchOption fetching;
  @Mixin private DeviceOption device;
  @Mixin private PrecisionOption precision;
  @Mixin private DecodeOption decode;
  @Mixin private CacheOption cache;

  public long seed() {
    return seed.seed;
  }

  /** Returns why the results with this backbone say little; empty if there is no reason. */
  public Optional<String> caution() {
    if (weights.equals(WeightChoice.RANDOM)) {
      return Optional.of(
          "Random weights are for trying Graft out. Leave out --weights for results.");
    }
    return weights.equals(WeightChoice.PRETRAINED) && Zoo.find(network.name).isBundled()
        ? Optional.of(
            network.name
                + " is for trying Graft out: it is small and was trained on drawn pictures. For"
                + " results on photographs use --backbone vgg16.")
        : Optional.empty();
  }

  /** Checks that the zoo has the network, and that this machine can decode as asked. */
  public void requireKnown() {
    Zoo.find(network.name);
    decode.requirePossible();
  }

  /** Creates a learner with devices, but before it opens its weights. Rows have {@code rowType}. */
  public TransferLearner learner(Console console, TensorType rowType) {
    requireKnown();
    FeatureCache place = cache.resolve(console);
    WeightChoice choice = WeightChoice.parse(weights, seed.seed, fetching.resolve());
    LearnerOptions options =
        new LearnerOptions(
            choice,
            device.resolve(console),
            precision.resolve(),
            place,
            rowType,
            decode.resolve().orElse(Decode.EXACT));
    BackboneSpec spec = choice.backboneFor(Zoo.find(network.name));
    if (!spec.name().equals(network.name)) {
      console.note(
          "%s holds the weights of %s: images are prepared as those weights expect."
              .formatted(weights, spec.name()));
    }
    return TransferLearner.of(
        network.imageSize == null ? spec : spec.withImageSize(network.imageSize), options);
  }
}
