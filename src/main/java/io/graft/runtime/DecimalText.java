package io.graft.runtime;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.function.Predicate;

/**
 * Decimal text of floating-point numbers for stored keys: the shortest digits that read back as the
 * same number, in the layout of {@code Double.toString}. Java's own digits changed with Java 19.
 */
public final class DecimalText {

  private DecimalText() {}

  /** Returns the text of a finite float32 number. */
  public static String of(float value) {
    return of(new BigDecimal(value), text -> text.floatValue() == value);
  }

  /** Returns the text of a finite float64 number. */
  public static String of(double value) {
    return of(new BigDecimal(value), text -> text.doubleValue() == value);
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
