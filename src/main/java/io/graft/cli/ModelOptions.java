package io.graft.cli;

import io.graft.model.TransferModel;
import io.graft.zoo.WeightChoice;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which saved model a command uses, and where. */
final class ModelOptions {

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description = "A folder that train wrote.")
  Path model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "Where the backbone's weights are now, if not where they were when the model was"
              + " trained.")
  private Path weights;

  @Mixin private DeviceOption device;

  TransferModel load(Console console) {
    Optional<WeightChoice> moved = Optional.ofNullable(weights).map(WeightChoice.FromFile::new);
    return TransferModel.load(model, device.resolve(console), moved);
  }
}
