package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The arithmetic in which a network is computed; its weights are rounded to it. */
public enum Precision {
  /** IEEE 754 single precision: the reference. */
  FP32,
  /** bfloat16: eight exponent and seven mantissa bits; sums in float32. */
  BF16,
  /** IEEE 754 half precision, on GPUs; sums in float32. */
  FP16,
  /** Eight-bit integers with a scale per tensor, or per output channel for weights. */
  INT8;

  /** The word that people type and results carry: {@code fp32}, {@code bf16}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What people type for the fastest precision that is as good as fp32. */
  public static final String AUTO = "auto";

  /**
   * What a person asked for: {@code auto}, which is empty, or a precision.
   *
   * @throws InvalidOptionException if it is neither
   */
  public static Optional<Precision> asked(String word) {
    List<String> words = new ArrayList<>(List.of(AUTO));
    Arrays.stream(values()).map(Precision::word).forEach(words::add);
    if (!words.contains(word)) {
      throw new InvalidOptionException(
          "No precision '"
              + word
              + "'"
              + Suggestions.didYouMean(word, words)
              + " Expected one of "
              + String.join(", ", words)
              + ".");
    }
    return word.equals(AUTO)
        ? Optional.empty()
        : Optional.of(valueOf(word.toUpperCase(Locale.ROOT)));
  }
}
