package io.graft.train;

import ai.djl.ndarray.NDArray;
import io.graft.recipe.FitOptions;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import io.graft.runtime.Progress;
import io.graft.tensors.SafetensorsFile;
import io.graft.torchscript.ParameterArrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The checkpoints of a training that runs: the one that it goes on from, and those that it writes.
 * A checkpoint's tensors are the parameters of the trained layers by their names, {@code
 * optimizer.} and what the optimizer remembers, and with early stopping {@code best.} and the
 * parameters of the best epoch; its texts are {@code state} and {@code training}.
 */
public final class CheckpointFolder {

  private static final String STATE = "state";
  private static final String TRAINING = "training";

  /** One may be damaged by what ended the machine; then the other is there. */
  private static final int KEPT = 2;

  private final Checkpoints checkpoints;
  private final CheckpointFiles files;
  private final Progress progress;
  private final Optional<Found> found;
  private Fingerprint training = Fingerprint.NONE;
  private Optional<TrainingState> toTake;
  private Optional<TrainingState> written;
  private Optional<Path> newest;
  private long writtenAt;

  /**
   * A checkpoint of an earlier run.
   *
   * @param training what it was a checkpoint of
   * @param state where that training was
   */
  private record Found(Path file, Fingerprint training, TrainingState state) {}

  /**
   * Looks for a checkpoint to resume, if that is asked for. {@link #check} whatever identifies the
   * training as soon as it is known, then {@link #begin}.
   *
   * @param progress told what is started from
   * @throws io.graft.runtime.InvalidOptionException if the options have another number of epochs,
   *     and the epochs that have begun would not be the same with it
   */
  public CheckpointFolder(Checkpoints checkpoints, FitOptions options, Progress progress) {
    this.checkpoints = checkpoints;
    this.files = new CheckpointFiles(checkpoints.folder());
    this.progress = progress;
    DurableFiles.requireWritable(checkpoints.folder());
    this.found = checkpoints.resume() ? find(options) : Optional.empty();
    this.toTake = found.map(Found::state);
    this.written = toTake;
    this.newest = found.map(Found::file);
  }

  private Optional<Found> find(FitOptions options) {
    List<Path> candidates = files.newestFirst();
    for (Path file : candidates) {
      try (SafetensorsFile opened = CheckpointFile.open(file)) {
        TrainingState state = TrainingState.of(opened.metadata().get(STATE));
        Fingerprint then = Fingerprint.of(opened.metadata().get(TRAINING));
        return Optional.of(
            new Found(file, OtherEpochs.in(then, state, options, file.toString()), state));
      } catch (DamagedCheckpointException e) {
        // Removed, so that it does not take the place of a good one.
        DurableFiles.deleteQuietly(file);
        progress.note("Damaged and removed: " + file + ": " + e.getMessage() + ".");
      } catch (IOException e) {
        throw new OutputException(
            "Cannot read the checkpoint "
                + file
                + ": "
                + FileFailure.reason(e)
                + ". Make it readable, or start anew without resuming.",
            e,
            "resume");
      }
    }
    progress.note(
        (candidates.isEmpty() ? "No checkpoint in " : "No usable checkpoint in ")
            + checkpoints.folder()
            + ": training starts at the beginning.");
    return Optional.empty();
  }

  /**
   * Checks that the checkpoint agrees with what is now known of the training.
   *
   * @throws io.graft.runtime.GraftException if it is of another one
   */
  public void check(Fingerprint known) {
    training = training.with(known);
    found.ifPresent(then -> known.requireSame(then.training(), then.file().toString()));
  }

  /** Begins the training, which is now known entirely; clears the folder unless it resumes. */
  public void begin() {
    if (found.isPresent()) {
      Found then = found.get();
      training
          .otherMachine(then.training())
          .ifPresent(text -> progress.note("Results may differ in their last bits: " + text + "."));
      progress.note("Going on from " + then.file() + ": " + place(then.state()) + ".");
    } else if (!checkpoints.resume() && !files.newestFirst().isEmpty()) {
      files.removeAll();
      progress.note(
          "The checkpoints in "
              + checkpoints.folder()
              + " are replaced: training starts anew, because it was not asked to resume.");
    }
    writtenAt = System.nanoTime();
  }

  private static String place(TrainingState state) {
    int epoch = state.before().size() + state.epoch();
    return state.batches() == 0
        ? epoch - 1 + (epoch == 2 ? " epoch is done" : " epochs are done")
        : "epoch " + epoch + " behind batch " + state.batches();
  }

  /** The stage to begin with, counted from 0. */
  public int stage() {
    return found.map(then -> then.state().stage()).orElse(0);
  }

  /** The epochs of the stages before that. */
  public List<EpochMetrics> before() {
    return found.map(then -> then.state().before()).orElse(List.of());
  }

  /** What that stage goes on from; given once, since a stage behind it begins at its beginning. */
  Optional<TrainingState> takeState() {
    Optional<TrainingState> taken = toTake;
    toTake = Optional.empty();
    return taken;
  }

  /** Gives arrays the values that the checkpoint gone on from has under their names. */
  void fill(Map<String, NDArray> arrays) {
    try (SafetensorsFile file = SafetensorsFile.open(found.orElseThrow().file())) {
      arrays.forEach((name, array) -> ParameterArrays.fill(array, file, name));
    }
  }

  /** The newest checkpoint of this run or of the one that it goes on from. */
  Optional<Path> newest() {
    return newest;
  }

  /** Whether a step's end is to be kept. */
  boolean isDueAfterStep() {
    return checkpoints
        .everyTime()
        .map(time -> System.nanoTime() - writtenAt >= time.toNanos())
        .orElse(false);
  }

  /** Whether an epoch's end is to be kept. */
  boolean isDueAfterEpoch(int epoch) {
    OptionalInt epochs = checkpoints.everyEpochs();
    return isDueAfterStep() || (epochs.isPresent() && epoch % epochs.getAsInt() == 0);
  }

  /** Writes a checkpoint and removes those that are older than the one before it. */
  void write(TrainingState reached, Map<String, NDArray> arrays) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(STATE, reached.json());
    texts.put(TRAINING, training.json());
    Path file = files.next();
    CheckpointFile.write(file, texts, arrays);
    newest = Optional.of(file);
    written = Optional.of(reached);
    files.prune(KEPT);
    writtenAt = System.nanoTime();
  }

  /** Leaves one checkpoint, of the end of the training, if that is asked for. */
  void end(TrainingState reached, Map<String, NDArray> arrays) {
    if (checkpoints.keep()) {
      if (!written.equals(Optional.of(reached))) {
        write(reached, arrays);
      }
      files.prune(1);
    }
  }
}
