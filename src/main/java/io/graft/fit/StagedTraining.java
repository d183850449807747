package io.graft.fit;

import ai.djl.ndarray.NDManager;
import io.graft.features.Extraction;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.recipe.SeedStream;
import io.graft.runtime.Progress;
import io.graft.tensors.JoinedTensors;
import io.graft.tensors.TensorSource;
import io.graft.train.CheckpointFolder;
import io.graft.train.EpochMetrics;
import io.graft.train.TrainingLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;

/**
 * Trains the layers after the freeze boundary on extracted rows, one stage after another.
 *
 * @param head the freeze boundary just before the head
 * @param progress the receiver of the progress of the whole fit
 */
public record StagedTraining(PlannedBackbone backbone, FreezeBoundary head, Progress progress) {

  /**
   * The result of all stages.
   *
   * @param layers the trained layers, with the parameters of the epoch {@link #kept()}
   * @param last the result of the last stage
   * @param history the metrics of every epoch of all stages
   * @param epochs how many epochs of each stage led to the parameters that were kept
   * @param seconds how long the training took
   */
  public record Result(
      NetworkBlock layers,
      TrainingLoop.Result last,
      List<EpochMetrics> history,
      List<Integer> epochs,
      double seconds) {

    /** Returns the metrics of the epoch whose parameters the layers have. */
    EpochMetrics kept() {
      return history.get(last.epoch() - 1);
    }
  }

  /** Trains a fold or one rate of a search, without checkpoints and without progress. */
  Result trainQuietly(FitOptions options, List<StageRows> stages, NDManager manager) {
    return new StagedTraining(backbone, head, progress.quietly())
        .train(options, stages, manager, Optional.empty(), (metrics, epochs) -> {});
  }

  /**
   * Trains all stages, or what remains of them after the checkpoint to resume.
   *
   * @param stages the rows of every stage
   * @param manager the owner of the layers' parameters
   * @param checkpoints where to write checkpoints, and which one to continue from; empty for none
   * @param epochEnded the receiver of the metrics of every epoch, and of the total number of epochs
   * @throws io.graft.runtime.DivergedException if a loss is no longer finite
   */
  Result train(
      FitOptions options,
      List<StageRows> stages,
      NDManager manager,
      Optional<CheckpointFolder> checkpoints,
      ObjIntConsumer<EpochMetrics> epochEnded) {
    long start = System.nanoTime();
    NetworkBlock trained = null;
    TrainingLoop.Result result = null;
    List<EpochMetrics> history =
        new ArrayList<>(checkpoints.map(CheckpointFolder::before).orElse(List.of()));
    List<Integer> epochs = new ArrayList<>();
    for (int i = checkpoints.map(CheckpointFolder::stage).orElse(0); i < stages.size(); i++) {
      StageRows rows = stages.get(i);
      NetworkBlock block = block(rows.boundary(), options.seed(), manager);
      if (trained != null) {
        block.copyFrom(trained);
      }
      trained = block;
      result =
          new TrainingLoop(trained, manager, options, i, history, checkpoints)
              .run(
                  rows.train().store(),
                  rows.validation().map(Extraction::store),
                  progress,
                  metrics -> epochEnded.accept(metrics, options.epochs()));
      epochs.add(result.epoch() - history.size());
      history.addAll(result.history());
      rows.frozen().layers().requireUnchanged();
      if (result.epoch() < history.size()) {
        progress.note("The model has the parameters of epoch " + result.epoch() + ", the best.");
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Result(trained, result, List.copyOf(history), List.copyOf(epochs), seconds);
  }

  /**
   * Returns the layers after a boundary: the backbone's with its weights, the head's with random
   * ones.
   */
  NetworkBlock block(FreezeBoundary boundary, long seed, NDManager manager) {
    TensorSource ofHead = RandomWeights.glorotUniform(head.trainable(), SeedStream.HEAD.seed(seed));
    try (TensorSource weights =
        boundary.index() == head.index()
            ? ofHead
            : new JoinedTensors(ofHead, backbone.weights().open(backbone.spec(), progress))) {
      return NetworkBlock.trainable(boundary.trainable(), weights, manager);
    }
  }
}
