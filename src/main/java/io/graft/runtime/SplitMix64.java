package io.graft.runtime;

/**
 * A stream of pseudo-random numbers that is the same on every machine and in every Java version:
 * splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014).
 */
public final class SplitMix64 {

  /** The number added to the state in each step: 2^64 divided by the golden ratio. */
  public static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** Creates the stream for a seed. Every number is a good seed. */
  public SplitMix64(long seed) {
    state = seed;
  }

  /** Returns the next 64 bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Returns a number in [0, 1), a multiple of 2^-53. */
  public double next() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** Returns a number in [low, high), or {@code low} if the bounds are equal. */
  public double between(double low, double high) {
    return low + (high - low) * next();
  }

  /** Returns an integer from 0 to {@code bound - 1}. */
  public int below(int bound) {
    return (int) (next() * bound);
  }

  /** Mixes the bits of a number. Different numbers give different results. */
  public static long mix(long bits) {
    long z = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
