package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.graft.cli.report.StopSignals;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Commands that receive SIGTERM in this process as soon as they print a given text. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX's")
@Timeout(60)
class StoppedCommandsTest {

  /** Enough images for a second or two of work, so that the signal arrives in time. */
  private static final int IMAGES = 600;

  @TempDir static Path root;

  private static Path few;
  private static Path many;
  private static Path model;

  /**
   * Restores the signal handler. Without this one, a signal between commands would end the tests.
   */
  private static Runnable restoreHandler;

  @BeforeAll
  static void drawImages() throws IOException {
    restoreHandler = StopSignals.handle("TERM", number -> {});
    few = root.resolve("few");
    many = root.resolve("many");
    model = root.resolve("model");
    TinyPictures.draw(few, 4, 1, "rose", "tulip");
    TinyPictures.draw(many, 1, 1, "rose", "tulip");
    multiply(many.resolve("rose/1.jpg"), IMAGES / 2);
    multiply(many.resolve("tulip/1.jpg"), IMAGES / 2);
    // Reported as skipped when the first images are decoded.
    Files.writeString(many.resolve("rose/0.jpg"), "no image");
    Cli.succeed(train(few, model, "--epochs", 1));
  }

  @AfterAll
  static void restoreSignals() {
    restoreHandler.run();
  }

  @Test
  void trainStopsBeforeExtraction() throws IOException {
    Path out = root.resolve("unborn");

    Stopping stopped = Stopping.at("training images", train(many, out));

    stopped.isStopped("graft train").doesNotContain("--resume");
    assertThat(out).doesNotExist();
  }

  @Test
  void extractStopsAndKeepsItsFeatures() throws IOException {
    Path out = root.resolve("features.safetensors");
    Path cache = root.resolve("extract-cache");

    Stopping stopped =
        Stopping.at(
            "skipped",
            words("extract", "--data", many, "--out", out, "--boundary", "block5_pool", cache));

    stopped.isStopped("features were extracted", "graft extract");
    assertThat(out).doesNotExist();
    JsonObject kept = Cli.succeed("cache", "list", "--cache", cache, "--json").json();
    assertThat(
            kept.getAsJsonArray("features").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(entry -> entry.getAsJsonObject("key").has("boundary"))
                .mapToInt(entry -> entry.get("rows").getAsInt()))
        .as("rows that were computed before the signal")
        .singleElement()
        .satisfies(rows -> assertThat(rows).isBetween(1, IMAGES - 1));
  }

  @Test
  void evaluateStops() {
    Stopping stopped =
        Stopping.at(
            "skipped",
            "evaluate",
            "--model",
            model,
            "--data",
            many,
            "--cache",
            root.resolve("e"),
            "--json");

    stopped.isStopped("features were extracted", "graft evaluate");
    assertThat(stopped.out()).isEmpty();
  }

  @Test
  void predictStops() {
    List<Object> words = new ArrayList<>(List.of("predict", "--model", model));
    IntStream.range(0, IMAGES / 2).forEach(i -> words.add(many.resolve("rose/copy" + i + ".jpg")));
    words.add(3, many.resolve("rose/0.jpg"));

    Stopping stopped = Stopping.at("skipped", words.toArray());

    stopped.isStopped("graft predict");
    assertThat(stopped.out().lines()).hasSizeLessThan(IMAGES / 2);
  }

  @Test
  void trainStopsWithSeveralSeeds() {
    Path out = root.resolve("seeds");

    Stopping stopped = Stopping.at("epoch 1/", train(few, out, "--epochs", 3000, "--seeds", 3));

    // A run of several seeds has no checkpoint to continue from.
    stopped.isStopped("graft train").doesNotContain("--resume");
    assertThat(out).doesNotExist();
  }

  @Test
  void trainStopsWithFolds() {
    Path out = root.resolve("folds");

    Stopping stopped =
        Stopping.at("fold 1/", train(few, out, "--epochs", 300, "--folds", 4, "--json"));

    stopped.isStopped("graft train").doesNotContain("--resume").doesNotContain("fold 4/");
    assertThat(out).doesNotExist();
  }

  private static Object[] train(Path data, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of(words("train", "--data", data, "--out", out)));
    words.addAll(List.of("--head", "pool"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  /** Returns a command for a small network. A path at the end is the cache folder. */
  private static Object[] words(Object... first) {
    List<Object> words = new ArrayList<>(List.of(first));
    Object last = words.get(words.size() - 1);
    boolean named = words.size() % 2 == 0;
    Path cache = named ? (Path) last : root.resolve("features");
    if (named) {
      words.remove(words.size() - 1);
    }
    words.addAll(List.of("--backbone", "vgg11", "--weights", "random", "--image-size", 64));
    words.addAll(List.of("--precision", "fp32", "--device", "cpu", "--cache", cache));
    return words.toArray();
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

  /** The result of a command that got a signal while it ran. */
  private record Stopping(int exitCode, String out, String err) {

    /** Runs a command and sends SIGTERM when it prints this text on standard error. */
    static Stopping at(String trigger, Object... arguments) {
      StringWriter out = new StringWriter();
      boolean[] raised = {false};
      StringWriter err =
          new StringWriter() {
            @Override
            public void write(String text) {
              super.write(text);
              raiseAt(text);
            }

            @Override
            public void write(String text, int offset, int length) {
              super.write(text, offset, length);
              raiseAt(text);
            }

            private void raiseAt(String text) {
              if (text.contains(trigger) && !raised[0]) {
                raised[0] = true;
                terminateThisProcess();
              }
            }
          };
      String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
      int exitCode = Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
      assertThat(raised[0]).as(err.toString()).isTrue();
      return new Stopping(exitCode, out.toString(), err.toString());
    }

    private static void terminateThisProcess() {
      String pid = Long.toString(ProcessHandle.current().pid());
      try {
        new ProcessBuilder("kill", "-TERM", pid).start().waitFor();
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /** Checks that the command stopped and that its message has these parts. */
    org.assertj.core.api.AbstractStringAssert<?> isStopped(String... parts) {
      assertThat(exitCode).as(err).isEqualTo(75);
      return assertThat(err).contains("graft: Stopped", "Run again with:").contains(parts);
    }
  }
}
