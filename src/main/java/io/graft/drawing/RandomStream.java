package io.graft.drawing;

import static io.graft.runtime.SplitMix64.GOLDEN_GAMMA;

import io.graft.runtime.SplitMix64;

/** The random numbers of one thing that is drawn, the same on every machine. */
final class RandomStream {

  private final SplitMix64 bits;

  /** The stream of a seed and of the places that a thing has, such as its class and its number. */
  RandomStream(long seed, long... places) {
    long state = mix(seed + GOLDEN_GAMMA);
    for (long place : places) {
      state = mix(state ^ mix(place + GOLDEN_GAMMA));
    }
    bits = new SplitMix64(state);
  }

  /** A number of [0, 1). */
  double next() {
    return bits.next();
  }

  /** A number of [low, high). */
  double between(double low, double high) {
    return bits.between(low, high);
  }

  /** A number of [low, high), low at least 0, each octave as likely as the others. */
  double octaves(double low, double high) {
    return low * StrictMath.pow(high / low, next());
  }

  /** A whole number of 0 to {@code bound - 1}. */
  int below(int bound) {
    return bits.below(bound);
  }

  /** A whole number of {@code low} to {@code high}. */
  int whole(int low, int high) {
    return low + below(high - low + 1);
  }

  boolean chance(double probability) {
    return next() < probability;
  }

  /** One of them, each as likely. */
  <T> T pick(T[] choices) {
    return choices[below(choices.length)];
  }

  /** Mixes the bits of a number. */
  static long mix(long bits) {
    return SplitMix64.mix(bits);
  }
}
