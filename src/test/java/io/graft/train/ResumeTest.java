package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.nn.Network;
import io.graft.recipe.ClassWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.LearningRate;
import io.graft.recipe.Optimization;
import io.graft.recipe.Optimizer;
import io.graft.recipe.Sampling;
import io.graft.recipe.Schedule;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.StoppedException;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares stopped and resumed trainings with uninterrupted ones. */
class ResumeTest {

  private static final FitOptions OPTIONS =
      FitOptions.defaults().withEpochs(4).withBatchSize(8).withLearningRate(0.02);

  @TempDir Path root;

  private CheckpointTraining training;
  private Checkpoints checkpoints;
  private final List<String> notes = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @BeforeEach
  void writeRows() throws IOException {
    training = new CheckpointTraining(root);
    checkpoints = Checkpoints.in(root.resolve("run.checkpoint")).everyEpochs(1000);
  }

  static Stream<Arguments> optimizersAndSchedules() {
    List<Optimizer> optimizers =
        List.of(
            new Optimizer.Adam(),
            new Optimizer.AdamW(),
            new Optimizer.Sgd(),
            new Optimizer.Sgd(0.9, true, 0.01),
            new Optimizer.RmsProp(),
            new Optimizer.RmsProp().withMomentum(0.8));
    List<Schedule> schedules =
        List.of(
            new Schedule.Constant(),
            new Schedule.Step(2),
            new Schedule.Cosine(1),
            new Schedule.OneCycle(),
            new Schedule.Plateau(0.5, 0));
    Stream<Arguments> everyOptimizer =
        optimizers.stream()
            .map(
                optimizer ->
                    Arguments.of(
                        optimizer,
                        schedules.get(optimizers.indexOf(optimizer) % schedules.size())));
    Stream<Arguments> everySchedule =
        schedules.stream().map(schedule -> Arguments.of(optimizers.get(1), schedule));
    return Stream.concat(everyOptimizer, everySchedule);
  }

  /** Stops at a random query. The resumed training starts with other initial parameters. */
  @ParameterizedTest
  @MethodSource("optimizersAndSchedules")
  void resumeGivesTheSameBitsWithEveryOptimizerAndSchedule(Optimizer optimizer, Schedule schedule) {
    FitOptions options =
        OPTIONS
            .withOptimization(new Optimization())
            .withOptimizer(optimizer)
            .withSchedule(schedule);
    Random random = new Random(optimizer.hashCode() * 31L + schedule.hashCode());
    boolean linear = random.nextBoolean();
    if (!linear) {
      options = options.withAccumulate(2);
    }
    Network network = linear ? CheckpointTraining.LINEAR : CheckpointTraining.DEEP;
    int queries = 4 * (1 + (linear ? 5 : 3));

    runAndStop(network, options, 1, false, 1 + random.nextInt(queries - 1));

    assertThat(resume(network, options)).isEqualTo(training.uninterrupted(network, options));
  }

  @Test
  void resumeAfterRepeatedStopsGivesTheSameBits() {
    runAndStop(CheckpointTraining.DEEP, OPTIONS, 1, false, 3);
    for (int nth : List.of(1, 5, 2, 4)) {
      runAndStop(CheckpointTraining.DEEP, OPTIONS, nth, true, nth);
    }

    assertThat(resume(CheckpointTraining.DEEP, OPTIONS))
        .isEqualTo(training.uninterrupted(CheckpointTraining.DEEP, OPTIONS));
  }

  /** Stops after each step and after each epoch. */
  @ParameterizedTest
  @MethodSource("networks")
  void resumeAfterAStopAtAnyPointGivesTheSameBits(Network network, FitOptions options)
      throws IOException {
    CheckpointTraining.Outcome expected = training.uninterrupted(network, options);
    int stops = 0;
    while (true) {
      try {
        training.run(
            network, options, 1, checkpoints, notes::add, CheckpointTraining.stopAt(stops + 1));
        break;
      } catch (StoppedException e) {
        stops++;
        assertThat(resume(network, options)).as("stop " + stops).isEqualTo(expected);
      }
    }
    assertThat(stops).isGreaterThan(8);
  }

  static Stream<Arguments> networks() {
    FitOptions two = OPTIONS.withEpochs(2);
    return Stream.of(
        Arguments.of(CheckpointTraining.LINEAR, two),
        Arguments.of(CheckpointTraining.DEEP, two),
        Arguments.of(
            CheckpointTraining.DEEP,
            two.withEpochs(3)
                .withAccumulate(2)
                .withClipNorm(0.5)
                .withSampling(Sampling.BALANCED)
                .withClassWeights(new ClassWeights.Balanced())));
  }

  @Test
  void resumeKeepsTheBestEpochOfEarlyStopping() {
    FitOptions options = OPTIONS.withEpochs(40).withLearningRate(0.1).withEarlyStopping(3);
    CheckpointTraining.Outcome expected = training.uninterrupted(CheckpointTraining.DEEP, options);
    int epochs = expected.history().size();
    assertThat(epochs).isLessThan(40);
    assertThat(expected.epoch()).isEqualTo(epochs - 3);
    // An epoch has six queries. These stops are in and after the best epoch, and after the last.
    for (int stop : List.of(6 * expected.epoch() - 3, 6 * expected.epoch(), 6 * epochs)) {
      runAndStop(CheckpointTraining.DEEP, options, 1, false, stop);

      assertThat(resume(CheckpointTraining.DEEP, options)).isEqualTo(expected);
    }
  }

  /** Early stopping is on, and the schedules do not depend on the number of epochs. */
  @ParameterizedTest
  @MethodSource("schedulesIndependentOfEpochs")
  void resumeWithMoreEpochsEqualsOneTraining(Schedule schedule) {
    FitOptions few = OPTIONS.withSchedule(schedule).withEarlyStopping(20).withLearningRate(0.1);
    FitOptions many = few.withEpochs(7);
    CheckpointTraining.Outcome expected = training.uninterrupted(CheckpointTraining.DEEP, many);

    CheckpointTraining.Outcome first =
        training.run(
            CheckpointTraining.DEEP, few, 1, checkpoints.everyEpochs(4), notes::add, Progress.NONE);
    assertThat(first.history()).isEqualTo(expected.history().subList(0, 4));
    assertThat(resume(CheckpointTraining.DEEP, many)).isEqualTo(expected);

    runAndStop(CheckpointTraining.DEEP, few, 1, false, 9);
    assertThat(resume(CheckpointTraining.DEEP, many)).isEqualTo(expected);
    runAndStop(CheckpointTraining.DEEP, many, 1, false, 9);
    assertThat(resume(CheckpointTraining.DEEP, few)).as("fewer epochs").isEqualTo(first);
  }

  static Stream<Schedule> schedulesIndependentOfEpochs() {
    return Stream.of(new Schedule.Constant(), new Schedule.Step(2), new Schedule.Plateau(0.5, 0));
  }

  @Test
  void resumeWithMoreEpochsAfterAnEarlyStopChangesNothing() {
    FitOptions options = OPTIONS.withEpochs(40).withLearningRate(0.1).withEarlyStopping(3);
    CheckpointTraining.Outcome expected =
        training.run(
            CheckpointTraining.DEEP,
            options,
            1,
            checkpoints.everyEpochs(1),
            notes::add,
            Progress.NONE);
    assertThat(expected.history()).hasSizeLessThan(40);

    assertThat(resume(CheckpointTraining.DEEP, options.withEpochs(60))).isEqualTo(expected);
  }

  @Test
  void resumeRefusesEpochCountsThatChangeFinishedEpochs() {
    for (Schedule schedule : List.of(new Schedule.Cosine(1), new Schedule.OneCycle())) {
      FitOptions options = OPTIONS.withSchedule(schedule);
      runAndStop(CheckpointTraining.LINEAR, options, 1, false, 9);

      assertThatThrownBy(() -> resume(CheckpointTraining.LINEAR, options.withEpochs(7)))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageContaining("another training: epochs was 4 and is 7, and ")
          .hasMessageContaining("schedule " + schedule.optionName());
    }
    FitOptions searched = OPTIONS.withLearningRate(new LearningRate.Searched());
    runAndStop(CheckpointTraining.LINEAR, OPTIONS.withLearningRate(0.001), 1, false, 9);
    assertThatThrownBy(() -> resume(CheckpointTraining.LINEAR, searched.withEpochs(7)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("another training: epochs was 4 and is 7, and ")
        .hasMessageContaining("searched");
    // The stop is in the second epoch.
    runAndStop(CheckpointTraining.LINEAR, OPTIONS, 1, false, 9);
    assertThatThrownBy(() -> resume(CheckpointTraining.LINEAR, OPTIONS.withEpochs(1)))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("another training: epochs was 4 and is 1, and ")
        .hasMessageContaining("2 have begun");
  }

  @Test
  void keepsTheTwoNewestCheckpoints() throws IOException {
    training.run(
        CheckpointTraining.LINEAR,
        OPTIONS,
        1,
        checkpoints.everyEpochs(1),
        notes::add,
        Progress.NONE);

    assertThat(files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("checkpoint-00000003.safetensors", "checkpoint-00000004.safetensors");
    assertThat(notes).isEmpty();
    checkpoints.remove();
    assertThat(checkpoints.folder()).doesNotExist();
  }

  /** The model has the parameters of an earlier epoch. */
  @Test
  void keepsOnlyTheLastCheckpointAfterTheTraining() throws IOException {
    FitOptions options = OPTIONS.withLearningRate(0.1).withEarlyStopping(20);
    checkpoints = checkpoints.everyEpochs(2).withKeep(true);
    CheckpointTraining.Outcome expected =
        training.run(
            CheckpointTraining.DEEP,
            options.withEpochs(3),
            1,
            checkpoints,
            notes::add,
            Progress.NONE);
    Path end = checkpoints.folder().resolve("checkpoint-00000002.safetensors");
    assertThat(files()).containsExactly(end);

    assertThat(resume(CheckpointTraining.DEEP, options.withEpochs(3))).isEqualTo(expected);

    assertThat(files()).containsExactly(end);
    assertThat(resume(CheckpointTraining.DEEP, options))
        .isEqualTo(training.uninterrupted(CheckpointTraining.DEEP, options));
  }

  @Test
  void trainingWithoutResumeReplacesCheckpointsAndReportsIt() {
    runAndStop(CheckpointTraining.LINEAR, OPTIONS, 1, false, 7);
    notes.clear();

    CheckpointTraining.Outcome second =
        training.run(CheckpointTraining.LINEAR, OPTIONS, 1, checkpoints, notes::add, Progress.NONE);

    assertThat(second).isEqualTo(training.uninterrupted(CheckpointTraining.LINEAR, OPTIONS));
    assertThat(notes).singleElement().asString().contains("are replaced", "not asked to resume");
    assertThat(checkpoints.folder()).doesNotExist();
  }

  @Test
  void resumeWithoutCheckpointStartsAtTheBeginningAndReportsIt() {
    assertThat(resume(CheckpointTraining.LINEAR, OPTIONS))
        .isNotEqualTo(training.uninterrupted(CheckpointTraining.LINEAR, OPTIONS));
    assertThat(notes).singleElement().asString().contains("No checkpoint in", "at the beginning");
  }

  @Test
  void infiniteLossNamesTheImagesAndKeepsTheLastGoodState() throws IOException {
    FitOptions options = OPTIONS.withLearningRate(1e37);
    for (Network network : List.of(CheckpointTraining.LINEAR, CheckpointTraining.DEEP)) {
      assertThatThrownBy(
              () ->
                  training.run(
                      network,
                      options,
                      1,
                      checkpoints,
                      notes::add,
                      CheckpointTraining.stopAt(Integer.MAX_VALUE)))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageMatching(
              "The loss became .* in epoch 1, batch \\d, of (row \\d+, ){4}row \\d+"
                  + " and 3 more\\. The learning rate of 1.0E37 is too high.*The last good state is"
                  + " kept in .*checkpoint-00000001.safetensors.*");

      // After a resume, the same batch has an infinite loss again.
      notes.clear();
      assertThatThrownBy(() -> resume(network, options))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageMatching("The loss became .* in epoch 1, batch \\d, of row \\d+, .*");
      assertThat(notes).singleElement().asString().startsWith("Resuming from");
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(checkpoints.folder())) {
      return files.sorted().toList();
    }
  }

  private void runAndStop(
      Network network, FitOptions options, long initial, boolean resume, int nth) {
    assertThatThrownBy(
            () ->
                training.run(
                    network,
                    options,
                    initial,
                    checkpoints.withResume(resume),
                    notes::add,
                    CheckpointTraining.stopAt(nth)))
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("the state is kept in " + checkpoints.folder());
  }

  private CheckpointTraining.Outcome resume(Network network, FitOptions options) {
    return training.run(
        network, options, 3, checkpoints.withResume(true), notes::add, Progress.NONE);
  }
}
