package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.JavaProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that cannot grow, as on a full disk. The shell limits their size to 4 KiB, which is less
 * than some pictures of the demo have.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs ulimit -f")
@Timeout(60)
class FullDiskTest {

  @TempDir Path root;

  @Test
  void demoLeavesNothingInTheTemporaryFolder() throws Exception {
    Path temporary = Files.createDirectory(root.resolve("tmp"));
    assertThat(demo("-Djava.io.tmpdir=" + temporary)).contains("Cannot write", "pictures");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void demoCanBeRunAgainWithTheSameFolder() throws Exception {
    Path out = root.resolve("demo");
    assertThat(demo("-Dunused=", "--out", out.toString())).contains("Cannot write", "pictures");
    assertThat(out).doesNotExist();
  }

  @Test
  void anUnknownDeviceIsRefusedBeforeAnythingIsDrawn() {
    Path out = root.resolve("demo");
    Cli.run("demo", "--device", "toaster", "--out", out).failsWith(2, "toaster");
    assertThat(out).doesNotExist();
  }

  /** Runs the demo, which fails, and returns its messages. */
  private String demo(String property, String... options) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("-XX:-UsePerfData", property, Main.class.getName(), "demo", "--device=cpu"));
    words.addAll(List.of(options));
    ProcessBuilder builder =
        JavaProcess.builder(root, Map.of(), root, words.toArray(String[]::new));
    List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"));
    limited.addAll(builder.command());
    // A pipe has no size.
    Process process = builder.command(limited).redirectErrorStream(true).start();
    String messages = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(messages).isEqualTo(2);
    return messages;
  }
}
