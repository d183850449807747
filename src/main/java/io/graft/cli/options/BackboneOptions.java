package io.graft.cli.options;

import io.graft.LearnerOptions;
import io.graft.TransferLearner;
import io.graft.cli.report.Console;
import io.graft.features.FeatureCache;
import io.graft.tensors.TensorType;
import io.graft.zoo.BackboneSpec;
import io.graft.zoo.WeightChoice;
import io.graft.zoo.Zoo;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which frozen network a command runs, with which weights, where. */
public final class BackboneOptions {

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      defaultValue = "vgg16",
      description = "A network of 'graft zoo list'; vgg16 if absent.")
  private String backbone;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      description =
          "Width and height of the network's input, a multiple of 32; that of the weights if absent.")
  private Integer imageSize;

  @Option(
      names = "--weights",
      paramLabel = "WEIGHTS",
      defaultValue = WeightChoice.PRETRAINED,
      description =
          "pretrained (the default), random, or a file: safetensors, PyTorch or Keras, told apart by"
              + " content.")
  private String weights;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Seed of everything that is random; 42 if absent.")
  public long seed;

  @Mixin private FetchOption fetching;
  @Mixin private DeviceOption device;
  @Mixin private PrecisionOption precision;
  @Mixin private CacheOption cache;

  /** Fails early if the zoo has no such network. */
  public void requireKnown() {
    Zoo.find(backbone);
  }

  /**
   * A learner over that network; the device is looked for, the weights are not opened yet.
   *
   * @param rowType in which features are kept
   */
  public TransferLearner learner(Console console, TensorType rowType) {
    requireKnown();
    FeatureCache place = cache.resolve(console);
    WeightChoice choice = WeightChoice.parse(weights, seed, fetching.resolve());
    LearnerOptions options =
        new LearnerOptions(choice, device.resolve(console), precision.resolve(), place, rowType);
    BackboneSpec spec = choice.rowFor(Zoo.find(backbone));
    if (!spec.name().equals(backbone)) {
      console.say(
          weights
              + " holds the weights of "
              + spec.name()
              + ": pictures are prepared as those weights expect.");
    }
    return TransferLearner.of(imageSize == null ? spec : spec.withImageSize(imageSize), options);
  }
}
