package io.graft.backbone;

import java.util.function.LongSupplier;

/**
 * Measures a speed by timing passes. The first passes only warm up: a processor's clock, a GPU's
 * memory, the first use of a library. The speed is that of the fastest pass after these.
 */
final class PassTimer {

  /** A speed is clearly lower than another if it is this many times as low. */
  private static final double CLEARLY = 1.25;

  /** A pass that only warms up tells less: its speed must be this many times as low. */
  private static final double CLEARLY_COLD = 3;

  private static final double NANOS_PER_SECOND = 1e9;

  private final LongSupplier clock;
  private final Rule rule;

  /** The images of passes during which the clock stood still. They count with the next pass. */
  private int waiting;

  private int passes;
  private long warmUntil;
  private long timed;
  private double last;
  private double fastest;

  /**
   * How long to measure.
   *
   * @param warmUpNanos a pass counts only if it starts this long after the end of the first pass
   * @param leastNanos the least time of all passes that count
   * @param coldTells whether a pass that only warms up can show that a speed is low
   */
  record Rule(long warmUpNanos, long leastNanos, boolean coldTells) {

    /**
     * One pass warms up a CPU. A few passes are enough, whose time other programs hardly change.
     */
    static final Rule CPU = new Rule(0, 20_000_000, true);

    /**
     * A GPU reaches its clock only when it has computed for a while, and the first use of cuDNN
     * takes more than a second. So cold passes tell nothing.
     */
    static final Rule GPU = new Rule(150_000_000, 100_000_000, false);
  }

  /**
   * Starts a measurement.
   *
   * @param clock the clock, in nanoseconds
   */
  PassTimer(Rule rule, LongSupplier clock) {
    this.rule = rule;
    this.clock = clock;
  }

  /**
   * Runs and times a pass over some images. Some systems advance a thread's time only every 10 to
   * 16 ms, so a short pass may take no time by the clock.
   */
  void time(int images, Runnable pass) {
    long start = clock.getAsLong();
    pass.run();
    long end = clock.getAsLong();
    waiting += images;
    if (end <= start) {
      return;
    }
    last = waiting / ((end - start) / NANOS_PER_SECOND);
    waiting = 0;
    if (passes == 0) {
      warmUntil = end + rule.warmUpNanos();
    } else if (start >= warmUntil) {
      timed += end - start;
      fastest = Math.max(fastest, last);
    }
    passes++;
  }

  /** Returns whether enough passes were timed. */
  boolean isEnough() {
    return fastest > 0 && timed >= rule.leastNanos();
  }

  /** Returns whether further passes are useless, because the speed is clearly below another one. */
  boolean isClearlyBelow(double imagesPerSecond) {
    if (fastest > 0) {
      return fastest * CLEARLY < imagesPerSecond;
    }
    return rule.coldTells() && passes > 0 && last * CLEARLY_COLD < imagesPerSecond;
  }

  /**
   * Returns the measured speed, or that of the last pass if all only warmed up. It is 0 if the
   * clock never moved.
   */
  double imagesPerSecond() {
    return fastest > 0 ? fastest : last;
  }
}
