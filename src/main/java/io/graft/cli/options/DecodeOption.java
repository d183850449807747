package io.graft.cli.options;

import io.graft.image.Decode;
import io.graft.image.input.FastDecoding;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for how JPEG files are decoded. */
public final class DecodeOption {

  @Option(
      names = "--decode",
      paramLabel = "exact|fast|auto",
      description =
          "How JPEG files are decoded: exact; fast, at a smaller size where an image is at least"
              + " twice as large as needed; or auto for fast if that matters and the features"
              + " agree. If absent, exact, or for a saved model as in its training.")
  private String decode;

  /** Returns the way of decoding; empty without the option. */
  public Optional<Decode> resolve() {
    return Optional.ofNullable(decode).map(Decode::parse);
  }

  /** Checks that this machine can decode as asked. */
  public void requirePossible() {
    FastDecoding.require(resolve().orElse(Decode.EXACT), note -> {});
  }
}
