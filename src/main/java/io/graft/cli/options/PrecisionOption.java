package io.graft.cli.options;

import io.graft.nn.Precision;
import java.util.Optional;
import picocli.CommandLine.Option;

/** In which arithmetic a command computes the frozen layers. */
final class PrecisionOption {

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      defaultValue = Precision.AUTO,
      description =
          "auto (the default: the fastest whose features agree with fp32's), fp32, bf16, fp16 (on"
              + " GPUs) or int8 (on the CPU).")
  private String precision;

  Optional<Precision> resolve() {
    return Precision.asked(precision);
  }
}
