package io.graft.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PassTimerTest {

  private static final PassTimer.Rule RULE = new PassTimer.Rule(100, 50, true);

  private final AtomicLong clock = new AtomicLong(1_000);

  private PassTimer timer(PassTimer.Rule rule) {
    return new PassTimer(rule, clock::get);
  }

  /** Runs passes of one image that take the given times. */
  private void passes(PassTimer timer, long... nanos) {
    for (long time : nanos) {
      timer.time(1, () -> clock.addAndGet(time));
    }
  }

  @Test
  void passesCountOnceTheWarmUpIsOver() {
    PassTimer timer = timer(RULE);
    // The first pass, and then those that start within 100 ns of its end.
    passes(timer, 7_000, 90, 9, 5);
    assertThat(timer.isEnough()).isFalse();
    passes(timer, 40, 20);
    assertThat(timer.isEnough()).isTrue();
    assertThat(timer.imagesPerSecond()).isCloseTo(1e9 / 20, within(1e-3));
  }

  @Test
  void speedIsThatOfImagesAndNotOfPasses() {
    PassTimer timer = timer(PassTimer.Rule.CPU);
    timer.time(8, () -> clock.addAndGet(1_000_000_000));
    assertThat(timer.imagesPerSecond()).isCloseTo(8, within(1e-9));
    timer.time(4, () -> clock.addAndGet(100_000_000));
    timer.time(4, () -> clock.addAndGet(200_000_000));
    assertThat(timer.imagesPerSecond()).isCloseTo(40, within(1e-9));
    assertThat(timer.isEnough()).isTrue();
  }

  @Test
  void oneWarmPassAtTwoThirdsOfTheBestSpeedEndsTheMeasurement() {
    PassTimer timer = timer(PassTimer.Rule.CPU);
    passes(timer, 250_000_000, 100_000_000);
    assertThat(timer.isClearlyBelow(12)).isFalse();
    assertThat(timer.isClearlyBelow(13)).isTrue();
  }

  @Test
  void aColdPassEndsTheMeasurementOnlyAtAThirdOfTheBestSpeed() {
    PassTimer timer = timer(PassTimer.Rule.CPU);
    assertThat(timer.isClearlyBelow(1e9)).isFalse();
    passes(timer, 100_000_000);
    assertThat(timer.isClearlyBelow(29)).isFalse();
    assertThat(timer.isClearlyBelow(31)).isTrue();
  }

  @Test
  void coldPassesOnAGpuTellNothing() {
    PassTimer timer = timer(PassTimer.Rule.GPU);
    passes(timer, 1_500_000_000, 100_000_000);
    assertThat(timer.isClearlyBelow(1e9)).isFalse();
    passes(timer, 60_000_000, 60_000_000);
    assertThat(timer.isClearlyBelow(20)).isFalse();
    assertThat(timer.isClearlyBelow(21)).isTrue();
    assertThat(timer.isEnough()).isFalse();
    passes(timer, 60_000_000);
    assertThat(timer.isEnough()).isTrue();
  }

  @Test
  void aClockThatDoesNotMoveGivesAFiniteSpeed() {
    PassTimer timer = timer(PassTimer.Rule.CPU);
    passes(timer, 0, 0);
    assertThat(timer.imagesPerSecond()).isFinite();
  }

  @Test
  void passesWithinOneTickOfACoarseClockCountTogether() {
    PassTimer timer = timer(PassTimer.Rule.CPU);
    passes(timer, 10_000_000);
    assertThat(timer.isEnough()).isFalse();
    // Each pass takes 2.5 ms, but the clock ticks every 10 ms.
    passes(timer, 0, 0, 0, 10_000_000, 0, 0, 0);
    assertThat(timer.imagesPerSecond()).isCloseTo(400, within(1e-9));
    assertThat(timer.isEnough()).isFalse();
    passes(timer, 10_000_000);
    assertThat(timer.imagesPerSecond()).isCloseTo(400, within(1e-9));
    assertThat(timer.isEnough()).isTrue();
  }
}
