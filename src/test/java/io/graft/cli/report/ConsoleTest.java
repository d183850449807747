package io.graft.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.Progress.Phase;
import io.graft.train.EpochMetrics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks what a terminal of some width, and a file, get of the progress. */
class ConsoleTest {

  private static final long SECOND = 1_000_000_000L;

  private final StringWriter text = new StringWriter();

  private Console console(int columns) {
    return new Console(new PrintWriter(text, true), false, columns);
  }

  private static EpochMetrics epoch(int number) {
    return new EpochMetrics(
        number, 0.1234, 0.912, OptionalDouble.of(0.3456), OptionalDouble.of(0.873), 0.001);
  }

  /** Returns the states that the line of a terminal passes through. */
  private List<String> states() {
    return List.of(text.toString().replace("\033[K", "").split("[\r\n]+")).stream()
        .filter(line -> !line.isEmpty())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 50, 60, 80, 100, 107, 200})
  void lineOfAnEpochFitsTheTerminalAndHasTheValidationNumbers(int columns) {
    Console console = console(columns);
    console.advanced(Phase.TRAIN, 100, 100_000);
    console.advanced(Phase.TRAIN, 10_000, 100_000);
    console.epochEnded(epoch(10), 100);

    String last = states().get(states().size() - 1);
    assertThat(last).hasSizeLessThan(columns).contains("10/100", "0.873");
    if (columns >= 50) {
      assertThat(last).contains("ETA");
    }
    if (columns >= 60) {
      assertThat(last).contains("10/100  loss 0.123", "top-1 0.912");
    }
    if (columns >= 80) {
      assertThat(last).startsWith("epoch 10/100  loss 0.1234").contains("loss 0.3456");
    }
    if (columns >= 107) {
      assertThat(last).containsPattern("validation loss 0.3456  top-1 0.873  ETA 0:\\d\\d  \\[#");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 60, 80})
  void lineOfACountFitsTheTerminalAndHasTheTimeLeft(int columns) throws InterruptedException {
    Console console = console(columns);
    console.advanced(Phase.EXTRACT, 100, 90_000);
    Thread.sleep(150);
    console.advanced(Phase.EXTRACT, 200, 90_000);

    String last = states().get(states().size() - 1);
    assertThat(last).hasSizeLessThan(columns).contains("frozen layers  200/90000", "ETA");
  }

  @Test
  void numbersComeBeforeTheBar() {
    Console console = console(80);
    console.advanced(Phase.EXTRACT, 700, 700);

    assertThat(states()).hasSize(1);
    assertThat(states().get(0)).matches("frozen layers  700/700 images  \\[#{30}]");
    assertThat(text.toString()).endsWith(System.lineSeparator());
  }

  @Test
  void noteStartsANewLine() {
    Console console = console(80);
    console.doing("measuring bf16");
    console.note("a note");

    assertThat(text.toString().split("\\R")).endsWith("a note");
    assertThat(states()).containsExactly("measuring bf16 ...", "a note");
  }

  @Test
  void fileGetsWholeLinesWithoutControlCharacters() {
    Console console = console(0);
    console.doing("measuring bf16");
    console.advanced(Phase.EXTRACT, 7, 7);
    console.epochEnded(epoch(2), 2);

    assertThat(text.toString().lines())
        .containsExactly(
            "measuring bf16 ...",
            "frozen layers  7/7 images",
            "epoch 2/2  loss 0.1234  top-1 0.912  validation loss 0.3456  top-1 0.873");
  }

  @Test
  void paceIsTheMeanSinceTheFirstCount() {
    Pace pace = new Pace();
    pace.advance(50, 400, 5 * SECOND);
    assertThat(pace.perSecond()).isNaN();
    assertThat(pace.eta()).isEmpty();

    // 100 in 10 seconds are 10 a second. 250 are left: 25 seconds.
    pace.advance(150, 400, 15 * SECOND);
    assertThat(pace.perSecond()).isEqualTo(10);
    assertThat(pace.eta()).isEqualTo("  ETA 0:25");

    pace.advance(400, 400, 40 * SECOND);
    assertThat(pace.eta()).isEmpty();

    // The next count starts anew: one in 4 seconds leaves 999 * 4 seconds, 1:06:36.
    pace.advance(1, 1001, 50 * SECOND);
    pace.advance(2, 1001, 54 * SECOND);
    assertThat(pace.eta()).isEqualTo("  ETA 1:06:36");
  }
}
