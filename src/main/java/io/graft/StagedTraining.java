package io.graft;

import ai.djl.ndarray.NDManager;
import io.graft.data.SeededOrder;
import io.graft.features.Extraction;
import io.graft.nn.FreezeBoundary;
import io.graft.nn.NetworkBlock;
import io.graft.nn.RandomWeights;
import io.graft.recipe.FitOptions;
import io.graft.tensors.JoinedTensors;
import io.graft.tensors.TensorSource;
import io.graft.train.CheckpointFolder;
import io.graft.train.EpochMetrics;
import io.graft.train.TrainingLoop;
import io.graft.zoo.BackboneSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains the layers behind the boundaries of all stages, one stage after another, on rows that are
 * there.
 *
 * @param head where the head begins, whatever is trained before it
 */
record StagedTraining(
    BackboneSpec backbone, LearnerOptions options, FreezeBoundary head, FitListener listener) {

  /** Keeps the head's random weights apart from those of a backbone with the same seed. */
  private static final long HEAD_STREAM = 1;

  /**
   * What training came to.
   *
   * @param layers trained, with the parameters of {@link #kept()}
   * @param last what the last stage came to
   * @param history of all stages
   * @param epochs how many epochs of each stage are in the parameters
   */
  record Result(
      NetworkBlock layers,
      TrainingLoop.Result last,
      List<EpochMetrics> history,
      List<Integer> epochs,
      double seconds) {

    /** The epoch that the parameters are of. */
    EpochMetrics kept() {
      return history.get(last.epoch() - 1);
    }
  }

  /**
   * Trains with the seed of some options.
   *
   * @param stages the rows of each of the options' stages
   * @param manager owns the layers' parameters
   * @param progress told of every epoch
   * @throws io.graft.runtime.DivergedException if a loss is no longer finite
   */
  Result train(FitOptions seeded, List<StageRows> stages, NDManager manager, FitListener progress) {
    return train(seeded, stages, manager, progress, Optional.empty());
  }

  /**
   * Trains through all stages, or those that are left.
   *
   * @param checkpoints where the training keeps its state and takes it from; empty for nowhere
   */
  Result train(
      FitOptions seeded,
      List<StageRows> stages,
      NDManager manager,
      FitListener progress,
      Optional<CheckpointFolder> checkpoints) {
    long start = System.nanoTime();
    NetworkBlock trained = null;
    TrainingLoop.Result result = null;
    List<EpochMetrics> history =
        new ArrayList<>(checkpoints.map(CheckpointFolder::before).orElse(List.of()));
    List<Integer> epochs = new ArrayList<>();
    for (int i = checkpoints.map(CheckpointFolder::stage).orElse(0); i < stages.size(); i++) {
      StageRows rows = stages.get(i);
      NetworkBlock block = block(rows.boundary(), seeded.seed(), manager);
      if (trained != null) {
        block.copyFrom(trained);
      }
      trained = block;
      result =
          new TrainingLoop(trained, manager, seeded, i, history, checkpoints)
              .run(
                  rows.train().store(),
                  rows.validation().map(Extraction::store),
                  listener,
                  metrics -> progress.epochEnded(metrics, seeded.epochs()));
      epochs.add(result.epoch() - history.size());
      history.addAll(result.history());
      rows.frozen().prefix().requireUnchanged();
      if (result.epoch() < history.size()) {
        progress.note("The model has the parameters of epoch " + result.epoch() + ", the best.");
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Result(trained, result, List.copyOf(history), List.copyOf(epochs), seconds);
  }

  /** The layers behind a boundary: the backbone's with its weights, the head's with random ones. */
  NetworkBlock block(FreezeBoundary boundary, long seed, NDManager manager) {
    TensorSource ofHead =
        RandomWeights.glorotUniform(head.trainable(), SeededOrder.mix(seed, HEAD_STREAM));
    try (TensorSource weights =
        boundary.index() == head.index()
            ? ofHead
            : new JoinedTensors(ofHead, options.weights().open(backbone, listener))) {
      return NetworkBlock.trainable(boundary.trainable(), weights, manager);
    }
  }
}
