package io.graft.drawing;

import static io.graft.runtime.SplitMix64.GOLDEN_GAMMA;

import io.graft.runtime.SplitMix64;

/** A stream of random numbers for one drawn object. It is the same on every machine. */
final class RandomStream {

  private final SplitMix64 bits;

  /** Creates the stream of a seed and of an object's coordinates, such as class and number. */
  RandomStream(long seed, long... coordinates) {
    long state = SplitMix64.mix(seed + GOLDEN_GAMMA);
    for (long coordinate : coordinates) {
      state = SplitMix64.mix(state ^ SplitMix64.mix(coordinate + GOLDEN_GAMMA));
    }
    bits = new SplitMix64(state);
  }

  /** Returns a number in [0, 1). */
  double next() {
    return bits.next();
  }

  /** Returns a number in [low, high). */
  double between(double low, double high) {
    return bits.between(low, high);
  }

  /** Returns a number in [low, high) with a uniform logarithm; {@code low} must be above 0. */
  double octaves(double low, double high) {
    return low * StrictMath.pow(high / low, next());
  }

  /** Returns a whole number from 0 to {@code bound - 1}. */
  int below(int bound) {
    return bits.below(bound);
  }

  /** Returns a whole number from {@code low} to {@code high}, inclusive. */
  int whole(int low, int high) {
    return low + below(high - low + 1);
  }

  boolean chance(double probability) {
    return next() < probability;
  }
}
