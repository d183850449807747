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
 * A training that writes a checkpoint after every step and is killed repeatedly, at seeded times.
 * With {@code -Dgraft.kills=100} the test takes some minutes.
 */
class KilledTrainingTest {

  private static final int KILLS = Integer.getInteger("graft.kills", 3);

  /** About the duration of the whole training. */
  private static final int MOST_MILLISECONDS = 700;

  @TempDir Path root;

  @Test
  @Timeout(1800)
  void killedTrainingKeepsItsStateAndEndsWithTheSameBits() throws Exception {
    TorchRuntime.load();
    // One thread, as in the killed processes, because the number changes the order of sums.
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
    int reached = 0;
    while (kills < KILLS || results == 0) {
      boolean kill = kills < KILLS;
      int before = reached;
      int over = run(kill ? random.nextInt(MOST_MILLISECONDS) : -1, before);
      if (Files.exists(root.resolve("result"))) {
        assertThat(Files.readString(root.resolve("result"))).isEqualTo(expected);
        results++;
        Files.delete(root.resolve("result"));
        CheckpointChild.checkpoints(root).remove();
        reached = 0;
      } else {
        kills++;
        reached = kept();
        assertThat(reached).as("epochs that are kept").isGreaterThanOrEqualTo(over);
      }
    }
    System.out.println(kills + " kills, " + results + " results");
  }

  /**
   * Runs the training and kills it after some time.
   *
   * @param milliseconds after the start; negative to let it finish
   * @return the last epoch that the process reported as finished and kept in a checkpoint
   */
  private int run(int milliseconds, int kept) throws Exception {
    Process process =
        JavaProcess.builder(
                root,
                Map.of("OMP_NUM_THREADS", "1"),
                root,
                // These make a short process faster.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                CheckpointChild.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int over = kept;
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
        } else if (line.startsWith("over ")) {
          // The checkpoints of this epoch's steps contain the epoch before it.
          over = Integer.parseInt(line.substring(5)) - 1;
        }
      }
      assertThat(ready || milliseconds < 0).isTrue();
    } finally {
      process.waitFor();
    }
    return over;
  }

  /** Returns how many epochs the newest checkpoint has, and checks that none is damaged. */
  private int kept() {
    CheckpointFolder folder =
        CheckpointTraining.open(
            CheckpointChild.checkpoints(root).withResume(true),
            CheckpointChild.OPTIONS,
            note -> assertThat(note).doesNotContain("Damaged"));
    return folder.takeState().map(state -> state.history().size()).orElse(0);
  }
}
