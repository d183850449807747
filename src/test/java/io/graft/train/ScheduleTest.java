package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares learning rates with those of torch.optim.lr_scheduler (make_training.py). */
class ScheduleTest {

  private static final double LEARNING_RATE = 0.1;

  @ParameterizedTest
  @CsvSource({
    "step, 12, 1",
    "cosine, 12, 1",
    "warmup, 12, 1",
    "one_cycle, 4, 5",
    "one_cycle_three_steps, 1, 3",
    "plateau, 16, 1",
    "plateau_cooldown, 16, 1"
  })
  void everyLearningRateMatchesPyTorch(String name, int epochs, int steps) throws IOException {
    Schedule schedule =
        switch (name) {
          case "step" -> new Schedule.Step(3, 0.5);
          case "cosine" -> new Schedule.Cosine(0);
          case "warmup" -> new Schedule.Cosine(4, 0.01, 0.002);
          case "plateau" -> new Schedule.Plateau(0.5, 2);
          case "plateau_cooldown" -> new Schedule.Plateau(0.2, 0, 0.05, 2, 0.003);
          default -> new Schedule.OneCycle();
        };
    JsonObject golden =
        JsonParser.parseString(Files.readString(Fixtures.path("training.json"))).getAsJsonObject();
    JsonArray expected = golden.getAsJsonObject("schedules").getAsJsonArray(name);
    LearningRates rates = new LearningRates(schedule, LEARNING_RATE, epochs, steps);
    List<EpochMetrics> history = new ArrayList<>();
    assertThat(expected).hasSize(epochs * steps);
    for (int i = 0; i < epochs * steps; i++) {
      assertThat(rates.at(i / steps + 1, i % steps, history))
          .as("rate " + i)
          .isCloseTo(expected.get(i).getAsDouble(), within(1e-12));
      if (name.startsWith("plateau")) {
        OptionalDouble loss =
            OptionalDouble.of(golden.getAsJsonArray("metrics").get(i).getAsDouble());
        history.add(new EpochMetrics(i + 1, 0, 0, loss, OptionalDouble.of(0), 0));
      }
    }
  }

  @Test
  void constantNeverChangesAndPlateauFallsBackToTheTrainingLoss() {
    EpochMetrics flat =
        new EpochMetrics(1, 1, 0, OptionalDouble.empty(), OptionalDouble.empty(), 0.1);
    LearningRates constant = new LearningRates(new Schedule.Constant(), LEARNING_RATE, 9, 9);
    assertThat(constant.at(7, 3, List.of(flat, flat, flat))).isEqualTo(LEARNING_RATE);
    LearningRates plateau = new LearningRates(new Schedule.Plateau(0.5, 1), LEARNING_RATE, 9, 9);
    assertThat(plateau.at(3, 0, List.of(flat, flat))).isEqualTo(LEARNING_RATE);
    assertThat(plateau.at(4, 0, List.of(flat, flat, flat))).isEqualTo(LEARNING_RATE / 2);
  }

  @Test
  void dependsOnEpochsTellsWhetherEpochsChangeTheRates() {
    List<Schedule> schedules =
        List.of(
            new Schedule.Constant(),
            new Schedule.Step(2),
            new Schedule.Cosine(1),
            new Schedule.OneCycle(),
            new Schedule.Plateau(0.5, 0));
    assertThat(schedules)
        .<Class<?>>extracting(Schedule::getClass)
        .containsExactlyInAnyOrder(Schedule.class.getPermittedSubclasses());
    for (Schedule schedule : schedules) {
      LearningRates few = new LearningRates(schedule, LEARNING_RATE, 4, 3);
      LearningRates more = new LearningRates(schedule, LEARNING_RATE, 9, 3);
      List<EpochMetrics> history = new ArrayList<>();
      boolean differ = false;
      for (int epoch = 1; epoch <= 4; epoch++) {
        for (int step = 0; step < 3; step++) {
          differ |= few.at(epoch, step, history) != more.at(epoch, step, history);
        }
        OptionalDouble loss = OptionalDouble.of(epoch % 2);
        history.add(new EpochMetrics(epoch, 1, 0, loss, OptionalDouble.empty(), 0));
      }
      assertThat(differ).as(schedule.optionName()).isEqualTo(schedule.dependsOnEpochs());
    }
  }

  @Test
  void refusesInvalidSettingsAndNamesTheirValue() {
    refuses(() -> new Schedule.Step(0), "step size is 0");
    refuses(() -> new Schedule.Step(1, 1.5), "gamma is 1.5");
    refuses(() -> new Schedule.Cosine(-1), "warmup is -1");
    refuses(() -> new Schedule.Cosine(1, 0, 0), "start of the warmup is 0.0");
    refuses(() -> new Schedule.Cosine(1, 0.1, -1), "minimum is -1.0");
    refuses(() -> new Schedule.OneCycle(1, 25, 1e4), "rising steps is 1.0");
    refuses(() -> new Schedule.OneCycle(0.3, 0.5, 1e4), "divisor is 0.5");
    refuses(() -> new Schedule.Plateau(1, 3), "factor is 1.0");
    refuses(() -> new Schedule.Plateau(0.1, -1), "patience is -1");
  }

  private static void refuses(Runnable action, String message) {
    assertThatThrownBy(action::run)
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining(message);
  }
}
