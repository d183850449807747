package io.graft.cli.options;

import io.graft.cli.report.Console;
import io.graft.model.TransferModel;
import io.graft.nn.Precision;
import io.graft.zoo.WeightChoice;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which saved model a command uses, and where. */
public final class ModelOptions {

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description = "A folder that train wrote.")
  public Path model;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "Where the backbone's weights are now, if not where they were when the model was"
              + " trained.")
  private Path weights;

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      description =
          "How the frozen layers are computed: fp32, bf16, fp16 or int8; as the model was trained if"
              + " absent.")
  private String precision;

  @Mixin private FetchOption fetching;
  @Mixin private DeviceOption device;

  public TransferModel load(Console console) {
    return TransferModel.load(model, device.resolve(console), asked(), this::now, console);
  }

  private Optional<Precision> asked() {
    return precision == null ? Optional.empty() : Precision.asked(precision);
  }

  private WeightChoice now(WeightChoice whenTrained) {
    if (weights != null) {
      return new WeightChoice.FromFile(weights);
    }
    return whenTrained instanceof WeightChoice.Pretrained
        ? new WeightChoice.Pretrained(fetching.resolve())
        : whenTrained;
  }
}
