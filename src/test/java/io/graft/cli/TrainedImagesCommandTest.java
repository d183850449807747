package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate} says how many of its images the model was trained on. */
class TrainedImagesCommandTest {

  private static final int PER_CLASS = 5;

  @TempDir static Path root;

  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("train"), PER_CLASS, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("new"), 2, 2, "rose", "tulip");
    // Three copies under other names, two of the same image, one under another label.
    Files.copy(root.resolve("train/rose/1.jpg"), root.resolve("new/rose/a.jpg"));
    Files.copy(root.resolve("train/rose/1.jpg"), root.resolve("new/rose/b.jpg"));
    Files.copy(root.resolve("train/rose/2.jpg"), root.resolve("new/tulip/c.jpg"));
    Files.write(root.resolve("new/tulip/empty.jpg"), new byte[0]);
    TinyPictures.draw(root.resolve("other"), 1, 3, "rose", "tulip");
  }

  private static Path train(String out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", root.resolve("train")));
    words.addAll(List.of("--out", root.resolve(out)));
    if (!List.of(more).contains("--cache")) {
      words.addAll(List.of("--cache", root.resolve("features")));
    }
    words.addAll(List.of("--backbone", "vgg11.w0.125.s32", "--weights", "random", "--seed", 5));
    words.addAll(List.of("--head", "pool", "--epochs", 1, "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32"));
    words.addAll(List.of(more));
    Cli.succeed(words.toArray());
    return root.resolve(out);
  }

  private static Object[] evaluate(Path model, String data, Object... more) {
    List<Object> words = new ArrayList<>(List.of("evaluate", "--data", root.resolve(data)));
    words.addAll(List.of("--model", model, "--cache", root.resolve("features")));
    words.addAll(List.of("--device", "cpu"));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private static JsonElement trainedOn(Path model, String data) {
    return Cli.succeed(evaluate(model, data, "--json")).json().get("trained_on");
  }

  @Test
  void countsCopiesOfTrainingImages() throws IOException {
    Path model = train("all", "--validation-split", 0);
    assertThat(trainedOn(model, "new").getAsInt()).isEqualTo(3);
    assertThat(trainedOn(model, "train").getAsInt()).isEqualTo(2 * PER_CLASS);
    assertThat(trainedOn(model, "other").getAsInt()).isZero();
    assertThat(Cli.succeed(evaluate(model, "new")).out())
        .contains("The model was trained on 3 of these 7 images, so ");
    assertThat(Cli.succeed(evaluate(model, "other")).out())
        .contains("The model was trained on none of these images.");

    Path file = model.resolve("digests.bin");
    byte[] digests = Files.readAllBytes(file);
    digests[digests.length / 2] ^= 1;
    Files.write(file, digests);
    Cli.run(evaluate(model, "new")).failsWith(3, file.toString());
    // A user may remove the digests, for example before publishing the model.
    Files.delete(file);
    assertThat(trainedOn(model, "new").isJsonNull()).isTrue();
  }

  @Test
  void validationImagesAndDroppedImagesWereNotTrainedOn() {
    Path split = train("split", "--validation-split", 0.4);
    assertThat(trainedOn(split, "train").getAsInt()).isEqualTo(2 * (PER_CLASS - 2));
    // The image with two labels is dropped, and the other copies are dropped from validation.
    Path dropped = train("dropped", "--validation", root.resolve("new"), "--on-duplicate", "drop");
    assertThat(trainedOn(dropped, "new").getAsInt()).isEqualTo(2);
    assertThat(trainedOn(dropped, "train").getAsInt()).isEqualTo(2 * PER_CLASS - 1);
  }

  @Test
  void allImagesOfFoldsViewsAndUnfrozenLayersWereTrainedOn() {
    for (List<Object> more :
        List.<List<Object>>of(
            List.of("--folds", 2),
            List.of("--validation-split", 0, "--augment", "flip", "--views", 2),
            List.of("--validation-split", 0, "--unfreeze", "all", "--cache", "off"))) {
      assertThat(trainedOn(train("other-ways", more.toArray()), "train").getAsInt())
          .as(more.toString())
          .isEqualTo(2 * PER_CLASS);
    }
  }

  @Test
  void aModelWithoutDigestsSaysNothing() {
    Path model = train("silent", "--no-digests");
    assertThat(model.resolve("digests.bin")).doesNotExist();
    assertThat(trainedOn(model, "train").isJsonNull()).isTrue();
    assertThat(Cli.succeed(evaluate(model, "train")).out()).doesNotContain("was trained on");
  }
}
