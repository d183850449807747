package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.graft.recipe.FitOptions;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import io.graft.runtime.WeightsException;
import io.graft.testing.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Resumes from checkpoints on disk, damaged ones included, and refuses those of another training.
 */
class CheckpointFolderTest {

  private static final FitOptions OPTIONS =
      FitOptions.defaults().withEpochs(3).withBatchSize(8).withEarlyStopping(3);

  @TempDir Path root;

  private CheckpointTraining training;
  private Checkpoints checkpoints;
  private Path older;
  private Path newest;
  private final List<String> notes = new ArrayList<>();

  @BeforeAll
  static void load() {
    TorchRuntime.load();
  }

  @BeforeEach
  void train() throws IOException {
    training = new CheckpointTraining(root);
    checkpoints = Checkpoints.in(root.resolve("run.checkpoint")).everyEpochs(1).withResume(true);
    try {
      training.run(
          CheckpointTraining.DEEP,
          OPTIONS,
          1,
          checkpoints,
          note -> {},
          CheckpointTraining.stopAt(14));
    } catch (io.graft.runtime.StoppedException e) {
      older = checkpoints.folder().resolve("checkpoint-00000002.safetensors");
      newest = checkpoints.folder().resolve("checkpoint-00000003.safetensors");
    }
    assertThat(older).exists();
    assertThat(newest).exists();
  }

  private CheckpointFolder open() {
    return open(CheckpointTraining.fingerprint(OPTIONS));
  }

  private CheckpointFolder open(Fingerprint fingerprint) {
    notes.clear();
    CheckpointFolder folder = new CheckpointFolder(checkpoints, OPTIONS, Notes.to(notes::add));
    folder.check(fingerprint);
    folder.begin();
    return folder;
  }

  @Test
  void resumesFromTheNewestCheckpoint() {
    TrainingState state = open().takeState().orElseThrow();

    assertThat(state.epoch()).isEqualTo(3);
    assertThat(state.batches()).isEqualTo(2);
    assertThat(state.steps()).isEqualTo(12);
    assertThat(notes).containsExactly("Resuming from " + newest + ": epoch 3 after batch 2.");
  }

  @Test
  void fallsBackToTheOlderCheckpointIfTheNewestIsDamaged() throws IOException {
    byte[] whole = Files.readAllBytes(newest);
    Random random = new Random(3);
    List<byte[]> damaged = new ArrayList<>();
    // The header's length, the header, the tensors and the digest.
    for (int at : List.of(0, 1, 7, 8, 9, 40, whole.length - 33, whole.length - 32)) {
      damaged.add(flipped(whole, at, random.nextInt(8)));
    }
    for (int i = 0; i < 100; i++) {
      damaged.add(flipped(whole, random.nextInt(whole.length), random.nextInt(8)));
      damaged.add(Arrays.copyOf(whole, random.nextInt(whole.length)));
    }
    for (int length : List.of(0, 1, 8, 31, 32, 33, whole.length - 1, whole.length + 1)) {
      damaged.add(Arrays.copyOf(whole, length));
    }
    // The second half of the file was never written to disk.
    byte[] unwritten = whole.clone();
    Arrays.fill(unwritten, whole.length / 2, whole.length, (byte) 0);
    damaged.add(unwritten);

    for (byte[] content : damaged) {
      Files.write(newest, content);

      TrainingState state = open().takeState().orElseThrow();

      assertThat(state.epoch()).isEqualTo(3);
      assertThat(state.batches()).isZero();
      assertThat(notes).hasSize(2);
      assertThat(notes.get(0)).startsWith("Damaged and removed: " + newest);
      assertThat(notes.get(1)).isEqualTo("Resuming from " + older + ": 2 epochs are done.");
      assertThat(newest).doesNotExist();
    }
    assertThat(
            training.run(
                CheckpointTraining.DEEP, OPTIONS, 9, checkpoints, notes::add, Progress.NONE))
        .isEqualTo(training.uninterrupted(CheckpointTraining.DEEP, OPTIONS));
  }

  private static byte[] flipped(byte[] whole, int at, int bit) {
    byte[] copy = whole.clone();
    copy[at] ^= (byte) (1 << bit);
    return copy;
  }

  @Test
  void startsAtTheBeginningIfBothCheckpointsAreDamaged() throws IOException {
    Files.write(newest, new byte[100]);
    Files.write(older, new byte[100]);

    assertThat(open().takeState()).isEmpty();

    assertThat(notes).hasSize(3);
    assertThat(notes.get(2)).startsWith("No usable checkpoint in").contains("at the beginning");
  }

  @Test
  void nextCheckpointRemovesUnfinishedFilesAndKeepsOtherFiles() throws IOException {
    Path unfinished = checkpoints.folder().resolve(".checkpoint-00000004.safetensors.77-abc.tmp");
    Path other = checkpoints.folder().resolve("notes.txt");
    Files.writeString(unfinished, "part");
    Files.writeString(other, "mine");

    training.run(CheckpointTraining.DEEP, OPTIONS, 1, checkpoints, note -> {}, Progress.NONE);

    assertThat(unfinished).doesNotExist();
    checkpoints.remove();
    assertThat(checkpoints.folder()).isDirectoryContaining(other::equals);
    assertThat(newest).doesNotExist();
  }

  @Test
  void resumeRefusesAnotherTrainingAndNamesTheDifference() {
    Fingerprint same = CheckpointTraining.fingerprint(OPTIONS);
    Map<String, String> none = Map.of();
    assertThatThrownBy(
            () -> open(same.with(new Fingerprint(Map.of("seed", "2"), none, none, none))))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("another training: seed was 1 and is 2.");
    assertThatThrownBy(
            () -> open(same.with(new Fingerprint(none, Map.of("training data", "c"), none, none))))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("training data was a and is c.");
    Map<String, String> weights = Map.of("backbone", "d", "x", "y");
    assertThatThrownBy(() -> open(same.with(new Fingerprint(none, none, weights, none))))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("backbone was b and is d")
        .hasMessageContaining("x was not there and is y");
    assertThat(newest).exists();
  }

  @Test
  void comparesEveryKnownPartOfTheFingerprint() {
    Map<String, String> none = Map.of();
    CheckpointFolder folder = new CheckpointFolder(checkpoints, OPTIONS, Notes.to(notes::add));
    folder.check(new Fingerprint(Map.of("seed", "1"), none, none, none));
    assertThatThrownBy(
            () -> folder.check(new Fingerprint(none, none, Map.of("backbone", "d"), none)))
        .isInstanceOf(WeightsException.class);
    assertThat(notes).isEmpty();
  }

  @Test
  void comparesNumbersByValue() {
    Fingerprint stored = numbers("[{\"rate\":2.0E-3}] 2.0E23", "9007199254740993");

    numbers("[{\"rate\":0.002}] 1.9999999999999998E23", "9007199254740993")
        .requireSame(stored, Path.of("here"));
    assertThatThrownBy(
            () ->
                numbers("[{\"rate\":0.0020000000000000005}] 2.0E23", "9007199254740993")
                    .requireSame(stored, Path.of("here")))
        .hasMessageContaining("a was [{\"rate\":2.0E-3}]");
    assertThatThrownBy(
            () ->
                numbers("[{\"rate\":0.002}] 2.0E23", "9007199254740992")
                    .requireSame(stored, Path.of("here")))
        .hasMessageContaining("b was 9007199254740993 and is 9007199254740992");
  }

  private static Fingerprint numbers(String a, String b) {
    return new Fingerprint(Map.of("a", a, "b", b), Map.of(), Map.of(), Map.of());
  }

  @Test
  void reportsAnotherMachine() {
    Map<String, String> none = Map.of();
    open(
        CheckpointTraining.fingerprint(OPTIONS)
            .with(new Fingerprint(none, none, none, Map.of("threads", "4"))));

    assertThat(notes.get(0))
        .isEqualTo("Results may differ in their last bits: threads was not there and is 4.");
  }

  @Test
  void stateSurvivesJsonBitForBit() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      double any = Double.longBitsToDouble(random.nextLong());
      EpochMetrics metrics =
          new EpochMetrics(
              1, any, 0.1, OptionalDouble.of(random.nextDouble()), OptionalDouble.empty(), 1e-300);
      TrainingState state =
          new TrainingState(
              1,
              2,
              3,
              new TrainingState.Totals(any, random.nextGaussian(), Long.MAX_VALUE, -0.0),
              4,
              0,
              Double.POSITIVE_INFINITY,
              List.of(metrics));

      assertThat(TrainingState.of(state.json())).isEqualTo(state);
    }
  }
}
