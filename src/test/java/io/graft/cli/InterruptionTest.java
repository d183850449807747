package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training in a process of its own that is ended at a bad moment. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX's")
@Timeout(120)
class InterruptionTest {

  private static final int PICTURES = 5000;

  @TempDir Path root;

  private Path data;
  private Path outputs;
  private Path temporary;
  private Path cache;

  @BeforeEach
  void drawPictures() throws IOException {
    data = root.resolve("data");
    outputs = Files.createDirectories(root.resolve("outputs"));
    temporary = Files.createDirectories(root.resolve("tmp"));
    cache = root.resolve("features");
  }

  @Test
  void interruptedWhileExtracting() throws Exception {
    // Far more than any processor computes in the fifth of a second before it is interrupted.
    TinyPictures.draw(data, 1, 1, "rose", "tulip");
    multiply(data.resolve("rose/1.jpg"), PICTURES / 2);
    multiply(data.resolve("tulip/1.jpg"), PICTURES / 2);
    // A row of this head is a kilobyte, so that the check for room asks for little.
    Process process = start("--head", "pool");
    try {
      awaitLine(process, "frozen layers");

      interrupt(process);

      assertThat(process.waitFor()).isEqualTo(75);
      assertThat(names(outputs)).isEmpty();
      assertThat(names(temporary)).noneMatch(name -> name.startsWith("graft-"));
      JsonObject kept = Cli.succeed("cache", "list", "--cache", cache, "--json").json();
      assertThat(
              kept.getAsJsonArray("features").asList().stream()
                  .map(JsonElement::getAsJsonObject)
                  .filter(entry -> entry.getAsJsonObject("key").has("boundary"))
                  .mapToInt(entry -> entry.get("rows").getAsInt()))
          .as("rows that were computed before the interruption")
          .singleElement()
          .satisfies(rows -> assertThat(rows).isBetween(1, PICTURES * 4 / 5 - 1));
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15})
  void interruptedWhileSaving(int milliseconds) throws Exception {
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
    Process process = start();
    try {
      awaitLine(process, "epoch 2/2");
      TimeUnit.MILLISECONDS.sleep(milliseconds);

      interrupt(process);

      assertThat(process.waitFor()).isIn(0, 75);
      assertThat(names(outputs)).isSubsetOf("model", "model.checkpoint");
      requireWholeIfThere(outputs.resolve("model"));
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15})
  void killedWhileReplacingAModel(int milliseconds) throws Exception {
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
    Path model = outputs.resolve("model");
    Cli.succeed(
        "train", "--data", data, "--out", model, "--weights", "random", "--epochs", 1, "--json");
    Process process = start();
    try {
      awaitLine(process, "epoch 2/2");
      TimeUnit.MILLISECONDS.sleep(milliseconds);

      process.destroyForcibly();

      process.waitFor();
      // A hidden sibling may stay; under the model's name there is a whole model or nothing.
      assertThat(names(outputs)).filteredOn(name -> !name.startsWith(".")).isSubsetOf("model");
      requireWholeIfThere(model);
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "-Djava.io.tmpdir=" + temporary,
                // Where progress comes every tenth of a second in place of every ten seconds.
                "-Dgraft.terminal=true",
                Main.class.getName(),
                "train",
                "--data",
                data.toString(),
                "--out",
                outputs.resolve("model").toString(),
                "--weights",
                "random",
                "--epochs",
                "2",
                "--device",
                "cpu",
                "--cache",
                cache.toString()));
    command.addAll(List.of(more));
    return JavaProcess.builder(root, Map.of(), root, command.toArray(String[]::new))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Makes pictures of different content of one: what follows a JPEG's end is not decoded. */
  private static void multiply(Path picture, int times) throws IOException {
    byte[] content = Files.readAllBytes(picture);
    byte[] longer = Arrays.copyOf(content, content.length + Integer.BYTES);
    for (int i = 0; i < times; i++) {
      ByteBuffer.wrap(longer).putInt(content.length, i);
      Files.write(picture.resolveSibling("copy" + i + ".jpg"), longer);
    }
  }

  private static void awaitLine(Process process, String part) throws IOException {
    BufferedReader err =
        new BufferedReader(
            new java.io.InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    for (String line = err.readLine(); line != null; line = err.readLine()) {
      if (line.contains(part)) {
        return;
      }
    }
    throw new AssertionError("'" + part + "' was not announced");
  }

  /** Ctrl-C, or a request to end where interrupts are ignored, as in background jobs. */
  private static void interrupt(Process process) throws Exception {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    boolean ignored = false;
    if (Files.exists(status)) {
      String mask =
          Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .findFirst()
              .orElse("SigIgn: 0");
      // Bit 1 is signal 2, SIGINT (proc(5)).
      ignored = (Long.parseUnsignedLong(mask.substring(7).strip(), 16) & 2) != 0;
    }
    Process kill =
        new ProcessBuilder("kill", ignored ? "-TERM" : "-INT", Long.toString(process.pid()))
            .start();
    assumeTrue(kill.waitFor() == 0, "the process ended before the signal");
  }

  private void requireWholeIfThere(Path model) {
    if (Files.exists(model)) {
      Cli.succeed("predict", "--model", model, data.resolve("rose/1.jpg"));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
