package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SplitMix64Test {

  /** Java's SplittableRandom implements the same paper. */
  @Test
  void numbersEqualThoseOfTheReference() {
    for (long seed : new long[] {0, 1, -1, 1234567, Long.MIN_VALUE}) {
      SplitMix64 stream = new SplitMix64(seed);
      SplittableRandom reference = new SplittableRandom(seed);
      for (int i = 0; i < 1000; i++) {
        assertThat(stream.nextLong()).isEqualTo(reference.nextLong());
      }
      for (int i = 0; i < 1000; i++) {
        assertThat(stream.next()).isEqualTo(reference.nextDouble());
      }
    }
  }

  @Test
  void numbersOfARangeStayInIt() {
    SplitMix64 stream = new SplitMix64(5);
    assertThat(IntStream.range(0, 1000).map(i -> stream.below(3)).distinct())
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(IntStream.range(0, 1000).mapToDouble(i -> stream.between(-2, 0.5)).boxed())
        .allMatch(value -> value >= -2 && value < 0.5)
        .anyMatch(value -> value < -1.9)
        .anyMatch(value -> value > 0.4);
    assertThat(stream.between(1, 1)).isEqualTo(1);
  }
}
