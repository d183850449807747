package io.graft.cli.options;

import io.graft.nn.Precision;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for the precision of the frozen layers. */
final class PrecisionOption {

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      description =
          "The precision of the frozen layers: fp32, bf16, fp16 (on GPUs), int8 (on the CPU), or auto"
              + " for the fastest whose features agree with those of fp32. If absent, auto, or for a"
              + " saved model the precision that it was trained with.")
  private String precision;

  /** Returns the precision. It is empty for {@code auto} and without the option. */
  Optional<Precision> resolve() {
    return precision == null ? Optional.empty() : Precision.asked(precision);
  }
}
