package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalTextTest {

  /** The shortest digits as Python's {@code repr} gives them, in the layout of Java's API page. */
  @ParameterizedTest
  @CsvSource({
    "0.0, 0.0",
    "1.0, 1.0",
    "0.1, 0.1",
    "-0.35, -0.35",
    "1.3333333333333333, 1.3333333333333333",
    "0.001, 0.001",
    "0.00099, 9.9E-4",
    "9999999, 9999999.0",
    "1e7, 1.0E7",
    "2e23, 2.0E23",
    "1.7976931348623157e308, 1.7976931348623157E308"
  })
  void doublesHaveTheShortestDigitsThatReadBack(double value, String text) {
    assertThat(DecimalText.of(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0.485, 0.485",
    "103.939, 103.939",
    "255, 255.0",
    "2e-3, 0.002",
    "16777216, 1.6777216E7",
    "3.4028235e38, 3.4028235E38"
  })
  void floatsHaveTheShortestDigitsThatReadBack(float value, String text) {
    assertThat(DecimalText.of(value)).isEqualTo(text);
  }

  @Test
  void everyFiniteNumberReadsBack() {
    SplitMix64 random = new SplitMix64(1);
    for (int i = 0; i < 2000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      float single = Float.intBitsToFloat((int) random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(Double.parseDouble(DecimalText.of(value))).isEqualTo(value);
      }
      if (Float.isFinite(single)) {
        assertThat(Float.parseFloat(DecimalText.of(single))).isEqualTo(single);
      }
    }
  }
}
