package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.JavaProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests several processes that share a store, and processes that are killed while they write. */
@Timeout(120)
class StoreProcessesTest {

  private static final int ROWS = 120;
  private static final int ROWS_PER_SHARD = 4;

  @TempDir Path folder;

  @Test
  void rowsOfAKilledProcessAreIntactAndReused() throws Exception {
    int before = 0;
    // Writing a shard takes a few milliseconds, so the delays kill the process at different points.
    for (int milliseconds : new int[] {0, 1, 2, 3, 5, 8}) {
      Process process = start(folder, ROWS, 0);
      try {
        awaitShards(process.getInputStream(), 2);
        TimeUnit.MILLISECONDS.sleep(milliseconds);
        process.destroyForcibly().waitFor();
      } finally {
        process.destroyForcibly();
      }
      int present = requireIntact();
      assertThat(present).isGreaterThanOrEqualTo(Math.min(ROWS, before + 2 * ROWS_PER_SHARD));
      before = present;
    }
    assertThat(start(folder, ROWS, 0).waitFor()).isZero();
    assertThat(requireIntact()).isEqualTo(ROWS);
    assertThat(FeatureCache.at(folder).verify()).isEmpty();
  }

  @Test
  void processesCanWriteConcurrently() throws Exception {
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        processes.add(start(folder, ROWS, 1));
      }
      for (Process process : processes) {
        assertThat(process.waitFor()).isZero();
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
    assertThat(requireIntact()).isEqualTo(ROWS);
    assertThat(FeatureCache.at(folder).verify()).isEmpty();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs the ulimit of POSIX shells")
  void fullDiskIsReportedAndLeavesOnlyCompleteShards() throws Exception {
    // The limit of 20 blocks of 512 bytes acts like a full disk: a shard of 1 row fits, and one
    // of 4 rows does not.
    for (int rowsPerShard : new int[] {1, ROWS_PER_SHARD}) {
      ProcessBuilder child =
          command(folder, 2 * rowsPerShard, rowsPerShard, 0).redirectErrorStream(true);
      List<String> limited =
          new ArrayList<>(List.of("sh", "-c", "ulimit -f 20; exec \"$@\"", "sh"));
      limited.addAll(child.command());
      Process process = child.command(limited).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (rowsPerShard == 1) {
        assertThat(process.waitFor()).as(out).isZero();
      } else {
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(out).contains("OutputException", "Name another cache folder", "File too large");
      }
    }
    assertThat(requireIntact()).isEqualTo(2);
    try (Stream<Path> files = Files.list(folder.resolve(StoreChild.KEY.id()))) {
      assertThat(files).as("two shards and the key").hasSize(3);
    }
  }

  /** Reads every present row and returns their number. */
  private int requireIntact() {
    RowTable table = StoreChild.open(folder, ROWS);
    ByteBuffer row = ByteBuffer.allocate(StoreChild.KEY.rowBytes());
    for (int i = 0; i < ROWS; i++) {
      if (table.has(i)) {
        assertThat(table.read(i, row.clear())).isTrue();
        assertThat(row.flip()).isEqualTo(StoreChild.content(i));
      }
    }
    return table.present();
  }

  private static void awaitShards(InputStream out, int shards) throws IOException {
    int seen = 0;
    for (int letter = out.read(); letter >= 0; letter = out.read()) {
      seen += letter == '.' ? 1 : 0;
      if (seen == shards) {
        return;
      }
    }
  }

  private static Process start(Path cache, int rows, int milliseconds) throws IOException {
    return command(cache, rows, ROWS_PER_SHARD, milliseconds)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static ProcessBuilder command(Path cache, int rows, int rowsPerShard, int milliseconds) {
    return JavaProcess.builder(
        cache,
        Map.of(),
        cache,
        StoreChild.class.getName(),
        cache.toString(),
        Integer.toString(rows),
        Integer.toString(rowsPerShard),
        Integer.toString(milliseconds));
  }
}
