package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A training process that is ended while it computes features or saves its model. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX's")
@Timeout(120)
class InterruptionTest {

  /** More images than any computer passes through the frozen layers in a fifth of a second. */
  private static final int IMAGES = 5000;

  /** How many processes are ended while they save, each after a longer delay. */
  private static final int ENDS = Integer.getInteger("graft.test.ends", 2);

  private static final int LONGEST_DELAY_MILLISECONDS = 15;

  @TempDir static Path root;

  private static Path data;
  private static Path cache;
  private static Path model;

  @TempDir Path outputs;
  @TempDir Path temporary;

  @BeforeAll
  static void trainAModel() throws IOException {
    data = root.resolve("data");
    cache = root.resolve("features");
    model = root.resolve("model");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
    Cli.succeed(words(data, model).toArray());
  }

  @Test
  void interruptedExtractionKeepsOnlyItsFeatures() throws Exception {
    Path many = root.resolve("many");
    TinyPictures.draw(many, 1, 1, "rose", "tulip");
    multiply(many.resolve("rose/1.jpg"), IMAGES / 2);
    multiply(many.resolve("tulip/1.jpg"), IMAGES / 2);
    Process process = start(many);
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
          .satisfies(rows -> assertThat(rows).isBetween(5, IMAGES * 4 / 5 - 1));
    } finally {
      process.destroyForcibly();
    }
  }

  static IntStream delays() {
    return IntStream.range(0, ENDS)
        .map(i -> LONGEST_DELAY_MILLISECONDS * i / Math.max(1, ENDS - 1));
  }

  @ParameterizedTest
  @MethodSource("delays")
  void interruptedSaveLeavesACompleteModelOrNone(int milliseconds) throws Exception {
    Process process = start(data);
    try {
      awaitLine(process, "epoch 2/2");
      TimeUnit.MILLISECONDS.sleep(milliseconds);

      interrupt(process);

      assertThat(process.waitFor()).isIn(0, 75);
      assertThat(names(outputs)).isSubsetOf("model", "model.checkpoint");
      requireCompleteIfPresent(outputs.resolve("model"));
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @MethodSource("delays")
  void killingTheProcessDuringReplacementLeavesACompleteModelOrNone(int milliseconds)
      throws Exception {
    Path replaced = Files.createDirectory(outputs.resolve("model"));
    for (String name : names(model)) {
      Files.copy(model.resolve(name), replaced.resolve(name));
    }
    Process process = start(data);
    try {
      awaitLine(process, "epoch 2/2");
      TimeUnit.MILLISECONDS.sleep(milliseconds);

      process.destroyForcibly();

      process.waitFor();
      // A hidden folder may stay beside the model.
      assertThat(names(outputs)).filteredOn(name -> !name.startsWith(".")).isSubsetOf("model");
      requireCompleteIfPresent(replaced);
    } finally {
      process.destroyForcibly();
    }
  }

  private static List<String> words(Path images, Path out) {
    return List.of(
        "train",
        "--data=" + images,
        "--out=" + out,
        "--backbone=vgg16_bn_small",
        "--precision=fp32",
        "--epochs=2",
        "--device=cpu",
        "--cache=" + cache);
  }

  private Process start(Path images) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "-Djava.io.tmpdir=" + temporary,
                // On a terminal progress is shown every tenth of a second, not every ten seconds.
                "-Dgraft.columns=80",
                Main.class.getName()));
    command.addAll(words(images, outputs.resolve("model")));
    return JavaProcess.builder(root, Map.of(), root, command.toArray(String[]::new))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Copies an image with different bytes after the end of its JPEG data, which decoders ignore. */
  private static void multiply(Path image, int times) throws IOException {
    byte[] content = Files.readAllBytes(image);
    byte[] longer = Arrays.copyOf(content, content.length + Integer.BYTES);
    for (int i = 0; i < times; i++) {
      ByteBuffer.wrap(longer).putInt(content.length, i);
      Files.write(image.resolveSibling("copy" + i + ".jpg"), longer);
    }
  }

  private static void awaitLine(Process process, String part) throws IOException {
    BufferedReader err =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    for (String line = err.readLine(); line != null; line = err.readLine()) {
      if (line.contains(part)) {
        return;
      }
    }
    throw new AssertionError("'" + part + "' was never printed");
  }

  /** Sends SIGINT, or SIGTERM if the process ignores SIGINT like a background job. */
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

  private static void requireCompleteIfPresent(Path saved) {
    if (Files.exists(saved)) {
      Cli.succeed("predict", "--model", saved, data.resolve("rose/1.jpg"));
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
