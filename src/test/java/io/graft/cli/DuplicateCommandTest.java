package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --on-duplicate}. The test copies files, so that it knows what is a duplicate. */
class DuplicateCommandTest {

  private static final int TRAIN = 12;
  private static final int VALIDATION = 6;

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("train"), TRAIN / 2, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("val"), VALIDATION / 2, 2, "rose", "tulip");
    Path rose = root.resolve("train/rose/1.jpg");
    Files.copy(rose, root.resolve("val/rose/copy.jpg"));
    Files.copy(root.resolve("train/rose/2.jpg"), root.resolve("val/tulip/wrong.jpg"));
    Files.write(root.resolve("train/rose/empty.jpg"), new byte[0]);
    Files.write(root.resolve("val/rose/empty.jpg"), new byte[0]);
    Files.createSymbolicLink(root.resolve("link"), root.resolve("train"));
  }

  private static Object[] command(String out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train"));
    if (!List.of(more).contains("--data")) {
      words.addAll(List.of("--data", root.resolve("train")));
    }
    words.addAll(List.of("--out", root.resolve(out), "--cache", root.resolve("features")));
    words.addAll(List.of("--backbone", "vgg11.w0.125.s32", "--weights", "random", "--seed", 5));
    words.addAll(List.of("--head", "pool", "--epochs", 1, "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private static JsonObject duplicates(Cli cli) {
    return cli.json().getAsJsonObject("duplicates");
  }

  private static JsonObject counts(int trainValidation, int twoLabels, int dropped) {
    JsonObject json = new JsonObject();
    json.addProperty("train_validation", trainValidation);
    json.addProperty("two_labels", twoLabels);
    json.addProperty("dropped", dropped);
    return json;
  }

  @Test
  void warnsAndNeverSaysToEvaluateOnTrainingImages() {
    Cli cli =
        Cli.succeed(
            command(
                "warned",
                "--validation",
                root.resolve("val"),
                "--keep",
                "best",
                "--calibrate",
                "--learning-rate",
                1));
    assertThat(cli.err())
        .contains(
            "2 of 9 validation images are training images too:\n  "
                + root.resolve("val/rose/copy.jpg")
                + " is "
                + root.resolve("train/rose/1.jpg")
                + "\n")
        .contains(
            "1 image has different labels in different places:\n  "
                + root.resolve("train/rose/2.jpg")
                + " (rose) is "
                + root.resolve("val/tulip/wrong.jpg")
                + " (tulip)\n")
        .contains("To leave them out, add --on-duplicate drop.");
    assertThat(cli.out())
        .contains("2 of 9 validation images are training images too, so the validation top-1")
        .contains("the model is that of epoch 1 (smallest validation loss)")
        .containsPattern("Temperature of the probabilities: [0-9.]+, fitted on the validation")
        .doesNotContain("not trained on")
        .contains("Next:  graft predict --model " + root.resolve("warned"))
        .doesNotContain("--data " + root);
  }

  @Test
  void failsWithExitCode3AndNamesThem() {
    Cli.run(command("failed", "--validation", root.resolve("val"), "--on-duplicate", "fail"))
        .failsWith(3, "val/rose/copy.jpg", "val/tulip/wrong.jpg", "--on-duplicate drop");
    assertThat(root.resolve("failed")).doesNotExist();
  }

  @Test
  void dropsTheValidationCopyAndBothOfDifferentLabels() {
    Object[] words =
        command("dropped", "--validation", root.resolve("val"), "--on-duplicate", "drop", "--json");
    Cli cli = Cli.succeed(words);
    assertThat(duplicates(cli)).isEqualTo(counts(2, 1, 3));
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(TRAIN - 1 + VALIDATION);
    assertThat(cli.json().get("skipped").getAsInt()).isEqualTo(2);
    assertThat(cli.err()).contains("Left out 3 of 22 images.");
  }

  @Test
  void aTrainingWithDroppedImagesCanBeResumedOnlyWithTheSameImages() {
    Path val = root.resolve("val");
    Cli.succeed(
        command("kept", "--validation", val, "--on-duplicate", "drop", "--keep-checkpoint"));
    Cli.run(command("kept", "--validation", val, "--resume"))
        .failsWith(3, "belongs to another training", "training data");
    Cli resumed =
        Cli.succeed(command("kept", "--validation", val, "--on-duplicate", "drop", "--resume"));
    assertThat(resumed.err()).contains("Resuming from");
  }

  @Test
  void aFolderThatIsNamedTwiceIsReportedAndCannotBeDropped() {
    for (String other : List.of("train", "link", "val/../train")) {
      Cli.run(command("twice", "--validation", root.resolve(other), "--on-duplicate", "fail"))
          .failsWith(
              3,
              TRAIN
                  + " of "
                  + (TRAIN + 1)
                  + " validation images are training images too (both come",
              "and " + (TRAIN - 5) + " more");
    }
    Cli.run(command("twice", "--validation", root.resolve("link"), "--on-duplicate", "drop"))
        .failsWith(3, root.resolve("link").toString());
    assertThat(root.resolve("twice")).doesNotExist();
  }

  @Test
  void copiesInOneFolderAreFoundAfterTheSplitAndBetweenFolds() throws IOException {
    Path data = root.resolve("copies");
    TinyPictures.draw(data, 4, 3, "rose", "tulip");
    for (int number = 1; number <= 4; number++) {
      for (String name : List.of("rose", "tulip")) {
        Path image = data.resolve(name).resolve(number + ".jpg");
        Files.copy(image, data.resolve(name).resolve("copy" + number + ".jpg"));
      }
    }
    // One of the eight images of each class validates, and its copy is in the other part.
    Cli split = Cli.succeed(command("split", "--data", data, "--validation-split", 0.1, "--json"));
    assertThat(duplicates(split)).isEqualTo(counts(2, 0, 0));
    Cli.run(command("split", "--data", data, "--validation-split", 0.1, "--on-duplicate", "drop"))
        .failsWith(3, "No image of " + data + " is left");

    // With eight folds, no two images of a class share a fold.
    JsonObject folds =
        duplicates(Cli.succeed(command("folds", "--data", data, "--folds", 8, "--json")));
    assertThat(folds.get("folds").getAsInt()).isEqualTo(16);
    Cli kept =
        Cli.succeed(
            command("folds", "--data", data, "--folds", 4, "--on-duplicate", "drop", "--json"));
    assertThat(duplicates(kept).get("dropped").getAsInt()).isEqualTo(8);
    assertThat(kept.json().get("images").getAsInt()).isEqualTo(8);
  }

  @Test
  void pretrainReportsDuplicates() throws IOException {
    Path data = root.resolve("source");
    TinyPictures.draw(data, 4, 4, "rose", "tulip");
    Files.copy(data.resolve("rose/1.jpg"), data.resolve("tulip/copy.jpg"));
    List<Object> words = new ArrayList<>(List.of("pretrain", "--data", data, "--backbone"));
    words.addAll(List.of("vgg11", "--width", 0.0625, "--image-size", 32, "--epochs", 1));
    words.addAll(List.of("--validation-split", 0.25, "--out", root.resolve("b.safetensors")));
    words.addAll(List.of("--device", "cpu", "--json", "--on-duplicate"));
    words.add("drop");
    Cli cli = Cli.succeed(words.toArray());
    assertThat(duplicates(cli).get("two_labels").getAsInt()).isEqualTo(1);
    assertThat(duplicates(cli).get("dropped").getAsInt()).isEqualTo(2);
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(7);
    words.set(words.size() - 1, "fail");
    Cli.run(words.toArray()).failsWith(3, "1 image has different labels in different places");
    words.set(words.size() - 1, "no");
    Cli.run(words.toArray()).failsWith(2, "--on-duplicate", "'no' is neither warn, fail nor drop");
  }
}
