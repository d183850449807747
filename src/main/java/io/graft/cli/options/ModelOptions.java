package io.graft.cli.options;

import io.graft.cli.report.Console;
import io.graft.image.Decode;
import io.graft.model.TransferModel;
import io.graft.zoo.WeightChoice;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The saved model that a command uses, and where it runs. */
public final class ModelOptions {

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description = "A model: a folder that train wrote.")
  public Path model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "The file of the backbone's weights, if it has moved since the model was trained.")
  private Path weights;

  @Mixin private FetchOption fetching;
  @Mixin private DeviceOption device;
  @Mixin private PrecisionOption precision;
  @Mixin private DecodeOption decode;

  /** Checks that this machine can decode as asked. */
  public void requirePossible() {
    decode.requirePossible();
  }

  public TransferModel load(Console console) {
    return TransferModel.load(
        model,
        device.resolve(console),
        precision.resolve(),
        decode.resolve().orElse(Decode.AUTO),
        this::currentWeights,
        console);
  }

  private WeightChoice currentWeights(WeightChoice whenTrained) {
    if (weights != null) {
      return new WeightChoice.FromFile(weights);
    }
    return whenTrained instanceof WeightChoice.Pretrained
        ? new WeightChoice.Pretrained(fetching.resolve())
        : whenTrained;
  }
}
