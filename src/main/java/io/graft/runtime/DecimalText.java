package io.graft.runtime;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * Decimal text of numbers, the same on every machine. Floating-point numbers in stored keys have
 * the shortest digits that read back as the same number, in the layout of {@code Double.toString}.
 * Java's own digits changed with Java 19.
 */
public final class DecimalText {

  private static final String BINARY_PREFIXES = "KMGT";

  private DecimalText() {}

  /** Returns the text of a finite float32 number. */
  public static String of(float value) {
    return of(new BigDecimal(value), text -> text.floatValue() == value);
  }

  /** Returns the text of a finite float64 number. */
  public static String of(double value) {
    return of(new BigDecimal(value), text -> text.doubleValue() == value);
  }

  /** Returns a number of bytes for people, in binary units, such as {@code 34.2 MiB}. */
  public static String bytes(long bytes) {
    double size = bytes;
    int prefix = -1;
    while (size >= 1024 && prefix < BINARY_PREFIXES.length() - 1) {
      size /= 1024;
      prefix++;
    }
    return prefix < 0
        ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %siB", size, BINARY_PREFIXES.charAt(prefix));
  }

  private static String of(BigDecimal exact, Predicate<BigDecimal> readsBack) {
    if (exact.signum() == 0) {
      return "0.0";
    }
    BigDecimal shortest = exact.round(new MathContext(1));
    for (int digits = 2; !readsBack.test(shortest); digits++) {
      shortest = exact.round(new MathContext(digits));
    }
    int exponent = shortest.precision() - shortest.scale() - 1;
    return exponent >= -3 && exponent < 7
        ? withFraction(shortest)
        : withFraction(shortest.movePointLeft(exponent)) + "E" + exponent;
  }

  private static String withFraction(BigDecimal value) {
    BigDecimal stripped = value.stripTrailingZeros();
    return stripped.setScale(Math.max(1, stripped.scale())).toPlainString();
  }
}
