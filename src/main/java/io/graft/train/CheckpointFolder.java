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
 * The checkpoints of a running training: the checkpoint to resume from, and the new ones.
 *
 * <p>A checkpoint has three groups of tensors: the parameters of the trained layers by name, the
 * optimizer's state with the prefix {@code optimizer.} and, with early stopping, the parameters of
 * the best epoch with the prefix {@code best.}. Its texts are {@code state} and {@code training}.
 */
public final class CheckpointFolder {

  private static final String STATE = "state";
  private static final String TRAINING = "training";

  /** How many checkpoints to keep: two, in case a crash of the machine damages the newest. */
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
   * @param training the fingerprint of that run
   * @param state how far that run had got
   */
  private record Found(Path file, Fingerprint training, TrainingState state) {}

  /**
   * Looks for a checkpoint to resume, if the caller asks for one. The caller must then call {@link
   * #check} for each part of the fingerprint, and finally {@link #begin}.
   *
   * @param progress the receiver of notes about where the training starts
   * @throws io.graft.runtime.InvalidOptionException if the options have another number of epochs,
   *     which would change epochs that have already begun
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
      try (SafetensorsFile opened = CheckpointFiles.open(file)) {
        TrainingState state = TrainingState.of(opened.metadata().get(STATE));
        Fingerprint then = Fingerprint.of(opened.metadata().get(TRAINING));
        return Optional.of(new Found(file, then.withEpochsOf(options, state, file), state));
      } catch (CheckpointFiles.DamagedException e) {
        // Remove it. Only the newest two files are kept, and one of them must be undamaged.
        DurableFiles.deleteQuietly(file);
        progress.note("Damaged and removed: " + file + ": " + e.getMessage() + ".");
      } catch (IOException e) {
        throw new OutputException(
            "Cannot read the checkpoint %s: %s. Make it readable, or start over without resuming."
                .formatted(file, FileFailure.reason(e)),
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
   * Compares a part of this training's fingerprint with the fingerprint in the checkpoint.
   *
   * @throws io.graft.runtime.GraftException if the checkpoint belongs to another training
   */
  public void check(Fingerprint known) {
    training = training.with(known);
    found.ifPresent(then -> known.requireSame(then.training(), then.file()));
  }

  /** Begins the training. Removes older checkpoints unless the training resumes. */
  public void begin() {
    if (found.isPresent()) {
      Found then = found.get();
      training
          .otherMachine(then.training())
          .ifPresent(text -> progress.note("Results may differ in their last bits: " + text + "."));
      progress.note("Resuming from " + then.file() + ": " + place(then.state()) + ".");
    } else if (!checkpoints.resume() && !files.newestFirst().isEmpty()) {
      files.removeAll();
      progress.note(
          ("The checkpoints in %s are replaced: training starts over, because it was not asked to"
                  + " resume.")
              .formatted(checkpoints.folder()));
    }
    writtenAt = System.nanoTime();
  }

  private static String place(TrainingState state) {
    int epoch = state.before().size() + state.epoch();
    return state.batches() == 0
        ? epoch - 1 + (epoch == 2 ? " epoch is done" : " epochs are done")
        : "epoch " + epoch + " after batch " + state.batches();
  }

  /** Returns the stage to begin with, counted from 0. */
  public int stage() {
    return found.map(then -> then.state().stage()).orElse(0);
  }

  /** Returns the metrics of the epochs in the stages before {@link #stage}. */
  public List<EpochMetrics> before() {
    return found.map(then -> then.state().before()).orElse(List.of());
  }

  /** Returns the state to resume from. Later calls, for later stages, return empty. */
  Optional<TrainingState> takeState() {
    Optional<TrainingState> taken = toTake;
    toTake = Optional.empty();
    return taken;
  }

  /** Fills arrays with the checkpoint's tensors of the same names. */
  void fill(Map<String, NDArray> arrays) {
    try (SafetensorsFile file = SafetensorsFile.open(found.orElseThrow().file())) {
      arrays.forEach((name, array) -> ParameterArrays.fill(array, file, name));
    }
  }

  /** Returns the newest checkpoint, from this run or from the run that it resumes. */
  Optional<Path> newest() {
    return newest;
  }

  /** Returns whether a checkpoint is due after a step. */
  boolean isDueAfterStep() {
    long passed = System.nanoTime() - writtenAt;
    return checkpoints.everyTime().filter(time -> passed >= time.toNanos()).isPresent();
  }

  /** Returns whether a checkpoint is due after an epoch. */
  boolean isDueAfterEpoch(int epoch) {
    OptionalInt epochs = checkpoints.everyEpochs();
    return isDueAfterStep() || (epochs.isPresent() && epoch % epochs.getAsInt() == 0);
  }

  /** Writes a checkpoint. Keeps this checkpoint and the previous one, and removes older ones. */
  void write(TrainingState reached, Map<String, NDArray> arrays) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(STATE, reached.json());
    texts.put(TRAINING, training.json());
    Path file = files.next();
    CheckpointFiles.write(file, texts, arrays);
    newest = Optional.of(file);
    written = Optional.of(reached);
    files.prune(KEPT);
    writtenAt = System.nanoTime();
  }

  /** Keeps one checkpoint with the final state of the training, if the caller asks for that. */
  void end(TrainingState reached, Map<String, NDArray> arrays) {
    if (checkpoints.keep()) {
      if (!written.equals(Optional.of(reached))) {
        write(reached, arrays);
      }
      files.prune(1);
    }
  }
}
