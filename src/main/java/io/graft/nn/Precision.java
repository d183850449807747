package io.graft.nn;

import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Suggestions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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

  /**
   * The precision of that word.
   *
   * @throws InvalidOptionException if there is none
   */
  public static Precision of(String word) {
    List<String> words = Arrays.stream(values()).map(Precision::word).toList();
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
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
