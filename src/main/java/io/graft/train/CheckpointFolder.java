package io.graft.train;

import ai.djl.ndarray.NDArray;
import io.graft.nn.ParameterArrays;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import io.graft.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The checkpoints of a training that runs: the one that it goes on from, and those that it writes.
 * A checkpoint's tensors are the parameters of the trained layers by their names, {@code
 * optimizer.} and what the optimizer remembers, and with early stopping {@code best.} and the
 * parameters of the best epoch; its texts are {@code state} and {@code training}.
 */
public final class CheckpointFolder {

  private static final String STATE = "state";
  private static final String TRAINING = "training";

  private final Checkpoints checkpoints;
  private final CheckpointFiles files;
  private final Fingerprint training;
  private Optional<Path> resumed = Optional.empty();
  private Optional<TrainingState> state = Optional.empty();
  private Optional<Path> newest = Optional.empty();
  private long writtenAt = System.nanoTime();

  /**
   * Looks for a checkpoint to go on from, or clears the folder.
   *
   * @param note told what is started from
   * @throws io.graft.runtime.GraftException if the checkpoint is of another training
   */
  public CheckpointFolder(Checkpoints checkpoints, Fingerprint training, Consumer<String> note) {
    this.checkpoints = checkpoints;
    this.files = new CheckpointFiles(checkpoints.folder());
    this.training = training;
    DurableFiles.requireWritable(checkpoints.folder());
    if (checkpoints.resume()) {
      find(note);
    } else if (!files.newestFirst().isEmpty()) {
      files.removeAll();
      note.accept(
          "The checkpoints in "
              + checkpoints.folder()
              + " are replaced: without --resume training starts anew.");
    }
  }

  private void find(Consumer<String> note) {
    List<Path> found = files.newestFirst();
    for (Path file : found) {
      try (SafetensorsFile opened = CheckpointFile.open(file)) {
        Fingerprint then = Fingerprint.of(opened.metadata().get(TRAINING));
        training.requireSame(then, file.toString());
        training
            .otherMachine(then)
            .ifPresent(text -> note.accept("Results may differ in their last bits: " + text + "."));
        TrainingState read = TrainingState.of(opened.metadata().get(STATE));
        state = Optional.of(read);
        resumed = Optional.of(file);
        newest = Optional.of(file);
        note.accept("Going on from " + file + ": " + place(read) + ".");
        return;
      } catch (DamagedCheckpointException e) {
        // Removed, so that it does not take the place of a good one.
        DurableFiles.deleteQuietly(file);
        note.accept("Damaged and removed: " + file + ": " + e.getMessage() + ".");
      } catch (IOException e) {
        throw new OutputException(
            "Cannot read the checkpoint "
                + file
                + ": "
                + FileFailure.reason(e)
                + ". Make it readable, or run without --resume to start anew.",
            e);
      }
    }
    note.accept(
        (found.isEmpty() ? "No checkpoint in " : "No usable checkpoint in ")
            + checkpoints.folder()
            + ": training starts at the beginning.");
  }

  private static String place(TrainingState state) {
    int epoch = state.before().size() + state.epoch();
    return state.batches() == 0
        ? epoch - 1 + (epoch == 2 ? " epoch is done" : " epochs are done")
        : "epoch " + epoch + " behind batch " + state.batches();
  }

  /** The stage to begin with, counted from 0. */
  public int stage() {
    return state.map(TrainingState::stage).orElse(0);
  }

  /** The epochs of the stages before that. */
  public List<EpochMetrics> before() {
    return state.map(TrainingState::before).orElse(List.of());
  }

  /** What that stage goes on from; given once, since a stage behind it begins at its beginning. */
  Optional<TrainingState> takeState() {
    Optional<TrainingState> taken = state;
    state = Optional.empty();
    return taken;
  }

  /** Gives arrays the values that the checkpoint gone on from has under their names. */
  void fill(Map<String, NDArray> arrays) {
    try (SafetensorsFile file = SafetensorsFile.open(resumed.orElseThrow())) {
      arrays.forEach((name, array) -> ParameterArrays.fill(array, file, name));
    }
  }

  /** The newest checkpoint of this run or of the one that it goes on from. */
  Optional<Path> newest() {
    return newest;
  }

  /** Whether a step's end is to be kept. */
  boolean isDueBehindStep() {
    return checkpoints
        .everyTime()
        .map(time -> System.nanoTime() - writtenAt >= time.toNanos())
        .orElse(false);
  }

  /** Whether an epoch's end is to be kept. */
  boolean isDueBehindEpoch(int epoch) {
    OptionalInt epochs = checkpoints.everyEpochs();
    return isDueBehindStep() || (epochs.isPresent() && epoch % epochs.getAsInt() == 0);
  }

  /** Writes a checkpoint and removes those that are older than the one before it. */
  void write(TrainingState reached, Map<String, NDArray> arrays) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(STATE, reached.json());
    texts.put(TRAINING, training.json());
    Path file = files.next();
    CheckpointFile.write(file, texts, arrays);
    newest = Optional.of(file);
    files.prune();
    writtenAt = System.nanoTime();
  }
}
