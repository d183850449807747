package io.graft.drawing;

/**
 * A stream of pseudo-random numbers that is the same on every machine and in every Java version:
 * splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
 */
final class RandomStream {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** The stream of a seed and of the places that a thing has, such as its class and its number. */
  RandomStream(long seed, long... places) {
    state = mix(seed + GOLDEN_GAMMA);
    for (long place : places) {
      state = mix(state ^ mix(place + GOLDEN_GAMMA));
    }
  }

  long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** A number of [0, 1). */
  double next() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** A number of [low, high). */
  double between(double low, double high) {
    return low + (high - low) * next();
  }

  /** A number of [low, high), low at least 0, each octave as likely as the others. */
  double octaves(double low, double high) {
    return low * StrictMath.pow(high / low, next());
  }

  /** A whole number of 0 to {@code bound - 1}. */
  int below(int bound) {
    return (int) (next() * bound);
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

  /** Mixes the bits of a number: a bijection of 64 bits without visible pattern. */
  static long mix(long bits) {
    bits = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
    bits = (bits ^ bits >>> 27) * 0x94d049bb133111ebL;
    return bits ^ bits >>> 31;
  }
}
