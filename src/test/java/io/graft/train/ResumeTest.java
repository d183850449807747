package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.nn.Network;
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

/** A training that is stopped and gone on with against the same one that nothing stopped. */
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
    return optimizers.stream()
        .flatMap(
            optimizer -> schedules.stream().map(schedule -> Arguments.of(optimizer, schedule)));
  }

  /** Stopped at a place of chance; what goes on began with other parameters. */
  @ParameterizedTest
  @MethodSource("optimizersAndSchedules")
  void everyOptimizerAndScheduleComesToTheSameBits(Optimizer optimizer, Schedule schedule) {
    FitOptions options =
        OPTIONS.withDescent(new Descent().withOptimizer(optimizer).withSchedule(schedule));
    Random random = new Random(optimizer.hashCode() * 31L + schedule.hashCode());
    boolean linear = random.nextBoolean();
    if (!linear) {
      options = options.withAccumulate(2);
    }
    Network network = linear ? CheckpointTraining.LINEAR : CheckpointTraining.DEEP;
    int asked = 4 * (1 + (linear ? 5 : 3));

    stopped(network, options, 1, false, 1 + random.nextInt(asked - 1));

    assertThat(resumed(network, options)).isEqualTo(training.uninterrupted(network, options));
  }

  @Test
  void stoppedAgainAndAgainComesToTheSameBits() {
    stopped(CheckpointTraining.DEEP, OPTIONS, 1, false, 3);
    for (int nth : List.of(1, 5, 2, 4)) {
      stopped(CheckpointTraining.DEEP, OPTIONS, nth, true, nth);
    }

    assertThat(resumed(CheckpointTraining.DEEP, OPTIONS))
        .isEqualTo(training.uninterrupted(CheckpointTraining.DEEP, OPTIONS));
  }

  /** At every place, in every loop: behind each step, and behind each epoch. */
  @ParameterizedTest
  @MethodSource("networks")
  void everyPlaceComesToTheSameBits(Network network, FitOptions options) throws IOException {
    CheckpointTraining.Outcome expected = training.uninterrupted(network, options);
    int places = 0;
    while (true) {
      try {
        training.run(
            network, options, 1, checkpoints, notes::add, CheckpointTraining.stopAt(places + 1));
        break;
      } catch (StoppedException e) {
        places++;
        assertThat(resumed(network, options)).as("stop " + places).isEqualTo(expected);
      }
    }
    assertThat(places).isGreaterThan(8);
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
  void earlyStoppingEndsAtTheSameEpochWithTheParametersOfTheSame() {
    FitOptions options = OPTIONS.withEpochs(40).withLearningRate(0.1).withEarlyStopping(3);
    CheckpointTraining.Outcome expected = training.uninterrupted(CheckpointTraining.DEEP, options);
    int epochs = expected.history().size();
    assertThat(epochs).isLessThan(40);
    assertThat(expected.epoch()).isEqualTo(epochs - 3);
    // Of five steps and one end each: within and behind the best epoch, and behind the last.
    for (int stop : List.of(6 * expected.epoch() - 3, 6 * expected.epoch(), 6 * epochs)) {
      stopped(CheckpointTraining.DEEP, options, 1, false, stop);

      assertThat(resumed(CheckpointTraining.DEEP, options)).isEqualTo(expected);
    }
  }

  @Test
  void checkpointsComeBehindEpochsAndTheTwoNewestStay() throws IOException {
    training.run(
        CheckpointTraining.LINEAR,
        OPTIONS,
        1,
        checkpoints.everyEpochs(1),
        notes::add,
        Progress.NONE);

    try (Stream<Path> files = Files.list(checkpoints.folder())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "checkpoint-00000003.safetensors", "checkpoint-00000004.safetensors");
    }
    assertThat(notes).isEmpty();
    checkpoints.remove();
    assertThat(checkpoints.folder()).doesNotExist();
  }

  @Test
  void withoutResumeTrainingStartsAnewAndSaysSo() {
    stopped(CheckpointTraining.LINEAR, OPTIONS, 1, false, 7);
    notes.clear();

    CheckpointTraining.Outcome anew =
        training.run(CheckpointTraining.LINEAR, OPTIONS, 1, checkpoints, notes::add, Progress.NONE);

    assertThat(anew).isEqualTo(training.uninterrupted(CheckpointTraining.LINEAR, OPTIONS));
    assertThat(notes).singleElement().asString().contains("are replaced", "--resume");
    assertThat(checkpoints.folder()).doesNotExist();
  }

  @Test
  void withoutCheckpointResumeStartsAtTheBeginningAndSaysSo() {
    assertThat(resumed(CheckpointTraining.LINEAR, OPTIONS))
        .isNotEqualTo(training.uninterrupted(CheckpointTraining.LINEAR, OPTIONS));
    assertThat(notes).singleElement().asString().contains("No checkpoint in", "at the beginning");
  }

  @Test
  void lossThatIsNotFiniteNamesItsPlaceAndImagesAndKeepsTheStateBefore() throws IOException {
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

      // The same batch comes to the same, from the state that was kept.
      notes.clear();
      assertThatThrownBy(() -> resumed(network, options))
          .isInstanceOf(InvalidOptionException.class)
          .hasMessageMatching("The loss became .* in epoch 1, batch \\d, of row \\d+, .*");
      assertThat(notes).singleElement().asString().startsWith("Going on from");
    }
  }

  private void stopped(Network network, FitOptions options, long initial, boolean resume, int nth) {
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

  private CheckpointTraining.Outcome resumed(Network network, FitOptions options) {
    return training.run(
        network, options, 3, checkpoints.withResume(true), notes::add, Progress.NONE);
  }
}
