package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which epoch {@code train} keeps, and what it says about the model that it writes. */
class KeepCommandTest {

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyTraining.draw(root);
  }

  @Test
  void saysThatAnOlderModelWasReplaced() {
    Path out = root.resolve("twice");
    String first = Cli.succeed(TinyTraining.words(root, out, "--epochs", 1).toArray()).out();
    String second = Cli.succeed(TinyTraining.words(root, out, "--epochs", 1).toArray()).out();

    assertThat(first).contains("Model: " + out + "\n", "chance", "Random weights are for trying");
    assertThat(second).contains("Model: " + out + ", which replaced an older one\n");
  }

  @Test
  void keepsTheEpochWithTheSmallestValidationLoss() {
    Object[] more = {"--epochs", 6, "--learning-rate", 0.2, "--keep"};
    JsonObject best = keeping(more, "best");
    JsonObject last = keeping(more, "last");

    JsonArray history = best.getAsJsonArray("history");
    int smallest = 0;
    for (int i = 1; i < history.size(); i++) {
      smallest = loss(history, i) < loss(history, smallest) ? i : smallest;
    }
    assertThat(history).hasSize(6).isEqualTo(last.getAsJsonArray("history"));
    assertThat(smallest).as("this training has its best epoch before the last").isLessThan(5);
    assertThat(best.get("epoch").getAsInt()).isEqualTo(smallest + 1);
    assertThat(best.get("loss").getAsDouble()).isEqualTo(loss(history, smallest));
    assertThat(last.get("epoch").getAsInt()).isEqualTo(6);
  }

  private static double loss(JsonArray history, int index) {
    return history.get(index).getAsJsonObject().get("validation_loss").getAsDouble();
  }

  private static JsonObject keeping(Object[] more, String which) {
    Object[] words = Stream.concat(Stream.of(more), Stream.of(which)).toArray();
    return Cli.succeed(TinyTraining.command(root, root.resolve("keep-" + which), words)).json();
  }

  @Test
  void keepNeedsValidationImagesAndNoContradiction() {
    Cli.run(
            TinyTraining.command(
                root, root.resolve("no"), "--keep", "best", "--validation-split", 0))
        .failsWith(2, "Keeping the best epoch needs validation images");
    Cli.run(TinyTraining.command(root, root.resolve("no"), "--keep=last", "--early-stopping=2"))
        .failsWith(2, "--early-stopping keeps the best epoch, but --keep is last");
    Cli.run(TinyTraining.command(root, root.resolve("no"), "--keep", "bset"))
        .failsWith(2, "did you mean 'best'? Expected one of last, best.");
  }
}
