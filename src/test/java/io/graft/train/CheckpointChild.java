package io.graft.train;

import io.graft.recipe.FitOptions;
import io.graft.recipe.Schedule;
import io.graft.runtime.DurableFiles;
import io.graft.runtime.Progress;
import io.graft.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A training in its own process, which a test kills. It writes a checkpoint after every step, and
 * its result into a file. It prints each finished epoch.
 */
final class CheckpointChild {

  static final String READY = "ready";

  static final FitOptions OPTIONS =
      FitOptions.defaults()
          .withEpochs(40)
          .withBatchSize(8)
          .withLearningRate(0.01)
          .withSchedule(new Schedule.OneCycle());

  private CheckpointChild() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    TorchRuntime.load();
    CheckpointTraining training = new CheckpointTraining(Files.createTempDirectory(folder, "rows"));
    System.out.println(READY);
    CheckpointTraining.Outcome outcome =
        training.run(
            CheckpointTraining.DEEP,
            OPTIONS,
            1,
            checkpoints(folder).withResume(true),
            System.out::println,
            Progress.NONE,
            metrics -> System.out.println("finished " + metrics.epoch()));
    DurableFiles.writeFile(
        folder.resolve("result"), file -> Files.writeString(file, outcome.toString()));
  }

  static Checkpoints checkpoints(Path folder) {
    return Checkpoints.in(folder.resolve("run.checkpoint")).every(java.time.Duration.ZERO);
  }
}
