package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The number format in which a network is computed and to which its weights are rounded. */
public enum Precision {
  /** IEEE 754 single precision, the reference. */
  FP32,
  /**
   * IEEE 754 single precision, whose products have factors with ten mantissa bits. Only trained
   * layers on NVIDIA GPUs have it.
   */
  TF32,
  /** bfloat16, with eight exponent bits and seven mantissa bits. Sums are in float32. */
  BF16,
  /** IEEE 754 half precision, only on GPUs. Sums are in float32. */
  FP16,
  /** Eight-bit integers, on CPUs. Weights have a scale per output channel, other tensors one. */
  INT8;

  /** Returns the name in options, files and stored keys: {@code fp32}, {@code bf16}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The option for the fastest precision whose features agree with fp32. */
  public static final String AUTO = "auto";

  /**
   * Parses an option for frozen layers, which is the name of a precision or {@code auto}. The
   * result is empty for {@code auto}.
   *
   * @throws InvalidOptionException if it is another word
   */
  public static Optional<Precision> asked(String word) {
    List<Optional<Precision>> known =
        Stream.concat(
                Stream.of(Optional.<Precision>empty()),
                Stream.of(FP32, BF16, FP16, INT8).map(Optional::of))
            .toList();
    return Suggestions.choose(
        "precision", word, known, one -> one.map(Precision::word).orElse(AUTO));
  }
}
