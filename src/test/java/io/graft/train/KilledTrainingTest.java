package io.graft.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.runtime.TorchRuntime;
import io.graft.runtime.TorchThreads;
import io.graft.testing.JavaProcess;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Repeatedly kills a training that writes a checkpoint after every step, at seeded times. With
 * {@code -Dgraft.kills=100} the test takes some minutes.
 */
class KilledTrainingTest {

  private static final int KILLS = Integer.getInteger("graft.kills", 3);

  /** About the duration of the whole training. */
  private static final int MAX_MILLISECONDS = 700;

  @TempDir Path root;

  @Test
  @Timeout(1800)
  void killedTrainingResumesAndGivesTheSameBits() throws Exception {
    TorchRuntime.load();
    // One thread, as in the killed processes, because the number of threads changes the order of
    // sums.
    CheckpointTraining training = new CheckpointTraining(root);
    String expected =
        TorchThreads.with(
            1,
            () ->
                training
                    .uninterrupted(CheckpointTraining.DEEP, CheckpointChild.OPTIONS)
                    .toString());
    Random random = new Random(6);
    int kills = 0;
    int results = 0;
    int epochs = 0;
    while (kills < KILLS || results == 0) {
      boolean kill = kills < KILLS;
      int before = epochs;
      int finished = run(kill ? random.nextInt(MAX_MILLISECONDS) : -1, before);
      if (Files.exists(root.resolve("result"))) {
        assertThat(Files.readString(root.resolve("result"))).isEqualTo(expected);
        results++;
        Files.delete(root.resolve("result"));
        CheckpointChild.checkpoints(root).remove();
        epochs = 0;
      } else {
        kills++;
        epochs = checkpointedEpochs();
        assertThat(epochs).as("epochs in the newest checkpoint").isGreaterThanOrEqualTo(finished);
      }
    }
    System.out.println(kills + " kills, " + results + " results");
  }

  /**
   * Runs the training and kills it after some time.
   *
   * @param milliseconds the time after the start; negative to let it finish
   * @return the last finished epoch that a checkpoint must contain
   */
  private int run(int milliseconds, int stored) throws Exception {
    Process process =
        JavaProcess.builder(
                root,
                Map.of("OMP_NUM_THREADS", "1"),
                root,
                // These options make a short process faster.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                CheckpointChild.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int finished = stored;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      boolean ready = false;
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        assertThat(line).doesNotContain("Damaged");
        if (line.equals(CheckpointChild.READY) && milliseconds >= 0) {
          ready = true;
          TimeUnit.MILLISECONDS.sleep(milliseconds);
          // Sends SIGKILL; Process.destroyForcibly would also close the streams.
          process.toHandle().destroyForcibly();
        } else if (line.startsWith("finished ")) {
          // The checkpoints of this epoch's steps contain the epoch before it.
          finished = Integer.parseInt(line.substring("finished ".length())) - 1;
        }
      }
      assertThat(ready || milliseconds < 0).isTrue();
    } finally {
      process.waitFor();
    }
    return finished;
  }

  /** Returns the number of epochs in the newest checkpoint, and checks that none is damaged. */
  private int checkpointedEpochs() {
    CheckpointFolder folder =
        CheckpointTraining.open(
            CheckpointChild.checkpoints(root).withResume(true),
            CheckpointChild.OPTIONS,
            note -> assertThat(note).doesNotContain("Damaged"));
    return folder.takeState().map(state -> state.history().size()).orElse(0);
  }
}
