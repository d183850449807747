package io.graft.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class MeanAndDeviationTest {

  /** For a + d, a + 2d, ... a + nd: a + d(n + 1)/2 and d times the square root of n(n + 1)/12. */
  @Property(tries = 200)
  void evenlySpacedNumbersEqualTheClosedForm(
      @ForAll @IntRange(min = 2, max = 200) int n,
      @ForAll @DoubleRange(min = -5, max = 5) double a,
      @ForAll @DoubleRange(min = 0, max = 3) double d) {
    MeanAndDeviation result =
        MeanAndDeviation.of(IntStream.rangeClosed(1, n).mapToDouble(i -> a + d * i).toArray());
    assertThat(result.mean()).isCloseTo(a + d * (n + 1) / 2, within(1e-9));
    assertThat(result.deviation()).isCloseTo(d * Math.sqrt(n * (n + 1.0) / 12), within(1e-9));
  }
}
