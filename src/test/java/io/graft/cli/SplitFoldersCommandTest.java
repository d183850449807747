package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trains on a folder that has the folders train, val and test. */
class SplitFoldersCommandTest {

  private static final String[] CLASSES = {"rose", "tulip"};

  @TempDir static Path root;

  private static Path flowers;
  private static Path model;
  private static Cli trained;

  @BeforeAll
  static void train() throws IOException {
    flowers = root.resolve("flowers");
    model = root.resolve("model");
    TinyPictures.draw(flowers.resolve("train"), 4, 1, CLASSES);
    TinyPictures.draw(flowers.resolve("val"), 2, 2, CLASSES);
    TinyPictures.draw(flowers.resolve("test"), 3, 3, CLASSES);
    trained = Cli.succeed(command(flowers, model, "--json"));
  }

  private static Object[] command(Path data, Path out, Object... more) {
    List<Object> words = new ArrayList<>(List.of("train", "--data", data, "--out", out));
    words.addAll(List.of("--backbone", "vgg16_bn_small", "--device", "cpu"));
    words.addAll(List.of("--precision", "fp32", "--cache", root.resolve("features")));
    if (!Arrays.asList(more).contains("--epochs")) {
      words.addAll(List.of("--epochs", 2));
    }
    words.addAll(List.of(more));
    return words.toArray();
  }

  private static JsonObject parse(String json) {
    return JsonParser.parseString(json).getAsJsonObject();
  }

  @Test
  void saysWhatItTookAndTrainsAsIfTheFoldersWereNamed() {
    assertThat(trained.err())
        .contains(
            flowers
                + ": train/ to train on, val/ to validate on, test/ to evaluate at the end"
                + " (--no-split-folders takes the folders as classes)\n")
        .contains("8 training images in 2 classes, 4 validation images, 6 test images\n");
    JsonObject json = trained.json();
    assertThat(json.get("split_folders"))
        .isEqualTo(
            parse("{\"train\":\"train\",\"validation\":\"val\",\"test\":\"test\",\"unused\":[]}"));
    assertThat(json.get("classes").toString()).isEqualTo("[\"rose\",\"tulip\"]");

    Path named = root.resolve("named");
    JsonObject other =
        Cli.succeed(
                command(
                    flowers.resolve("train"),
                    named,
                    "--validation",
                    flowers.resolve("val"),
                    "--json"))
            .json();

    assertThat(other.get("history")).isEqualTo(json.get("history"));
    assertThat(other.get("split_folders").isJsonNull()).isTrue();
    assertThat(other.get("test").isJsonNull()).isTrue();
    assertThat(named.resolve("head.safetensors"))
        .hasSameBinaryContentAs(model.resolve("head.safetensors"));
  }

  @Test
  void testHasTheNumbersOfEvaluate() {
    JsonObject test = trained.json().getAsJsonObject("test");
    JsonObject evaluated =
        Cli.succeed(
                "evaluate",
                "--model",
                model,
                "--data",
                flowers.resolve("test"),
                "--cache",
                root.resolve("features"),
                "--json")
            .json();

    assertThat(test.get("images").getAsInt()).isEqualTo(6);
    assertThat(test.get("data").getAsString()).isEqualTo(flowers.resolve("test").toString());
    assertThat(test.keySet())
        .contains("top1", "top1_interval", "loss", "classes", "confusion", "trained_on");
    for (String key : test.keySet()) {
      if (!key.equals("data")) {
        assertThat(test.get(key)).as(key).isEqualTo(evaluated.get(key));
      }
    }
  }

  @Test
  void textNamesTheTestImages() {
    Cli cli = Cli.succeed(command(flowers, root.resolve("text")));

    assertThat(cli.out())
        .containsPattern(
            "(?m)^Test images in .*test: Top-1 \\d\\.\\d{4} \\(95 % interval .*\\), loss .* over 6"
                + " images, 0 skipped\\.$")
        .contains("--data " + flowers.resolve("test"));
  }

  @ParameterizedTest
  @CsvSource({
    "--validation-split, 0,   8, 0, ' 0 validation images'",
    "--validation-split, 0.5, 8, 1, ' 4 validation images'",
    "--folds,            2,   8, 0, ' 2 folds'",
  })
  void optionsTakePrecedenceOverTheValidationFolder(
      String option, String value, int images, int validated, String noted) {
    Cli cli = Cli.succeed(command(flowers, root.resolve("other"), option, value, "--json"));

    assertThat(cli.err())
        .contains("val/ is not used, because the validation images were chosen otherwise")
        .contains(noted);
    JsonObject json = cli.json();
    assertThat(json.get("images").getAsInt()).isEqualTo(images);
    assertThat(json.get("top1").isJsonNull()).isEqualTo(validated == 0);
    assertThat(json.getAsJsonObject("test").get("images").getAsInt()).isEqualTo(6);
    assertThat(json.get("split_folders"))
        .isEqualTo(
            parse(
                "{\"train\":\"train\",\"validation\":null,\"test\":\"test\",\"unused\":[\"val\"]}"));
  }

  @Test
  void namedValidationImagesReplaceThoseOfTheFolder() {
    Path test = flowers.resolve("test");
    Cli other =
        Cli.succeed(command(flowers, root.resolve("other"), "--validation", test, "--json"));
    assertThat(other.err()).contains("6 validation images").contains("val/ is not used");

    Path val = flowers.resolve("train/../val");
    Cli same = Cli.succeed(command(flowers, root.resolve("other"), "--validation", val, "--json"));
    assertThat(same.err()).contains("val/ to validate on").doesNotContain("is not used");
    assertThat(same.json().get("history")).isEqualTo(trained.json().get("history"));

    Cli.run(command(flowers, root.resolve("other"), "--validation", flowers))
        .failsWith(
            3, "is divided into parts: train/, val/, test/", "such as " + flowers.resolve("val"));
  }

  @Test
  void severalSeedsUseTheFoldersToo() {
    JsonObject json =
        Cli.succeed(command(flowers, root.resolve("seeds"), "--seeds", 2, "--json")).json();

    assertThat(json.getAsJsonArray("seeds")).hasSize(2);
    assertThat(json.get("test")).isEqualTo(trained.json().get("test"));
  }

  @Test
  void checkpointOfAPartIsResumed() {
    Path whole = root.resolve("whole");
    Path resumed = root.resolve("resumed");
    Cli.succeed(command(flowers, whole, "--epochs", 4));
    Cli.succeed(command(flowers, resumed, "--keep-checkpoint"));
    Cli.run(command(flowers, resumed, "--resume", "--epochs", 1))
        .failsWith(2, "epochs was 2 and is 1, and 2 have begun. Expected at least 2. Ask for them");

    Cli cli = Cli.succeed(command(flowers, resumed, "--resume", "--epochs", 4));

    assertThat(cli.err()).contains("Resuming from ");
    assertThat(resumed.resolve("head.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("head.safetensors"));
  }

  @Test
  void foldersAreClassesIfAskedFor() {
    Path out = root.resolve("classes");
    Cli cli =
        Cli.succeed(
            command(flowers, out, "--no-split-folders", "--validation-split", "0", "--json"));

    assertThat(cli.json().get("classes").toString()).isEqualTo("[\"test\",\"train\",\"val\"]");
    assertThat(cli.json().get("split_folders").isJsonNull()).isTrue();
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(18);
    Cli.succeed("evaluate", "--model", out, "--data", flowers, "--json");
  }

  @Test
  void imagesWithoutLabelsAreNotUsed() throws IOException {
    Path kaggle = root.resolve("kaggle");
    TinyPictures.draw(kaggle.resolve("train"), 4, 1, CLASSES);
    TinyPictures.draw(kaggle, 3, 3, "test");

    Cli cli = Cli.succeed(command(kaggle, root.resolve("other"), "--json"));

    assertThat(cli.err())
        .contains("train/ to train on, test/ is not used, because it has no class folders")
        .contains("6 training images in 2 classes, 2 validation images\n");
    assertThat(cli.json().get("test").isJsonNull()).isTrue();
  }

  @Test
  void doubtfulClassesAreNamed() throws IOException {
    Path flat = root.resolve("flat");
    TinyPictures.draw(flat, 4, 1, "train", "val");

    Cli cli = Cli.succeed(command(flat, root.resolve("other"), "--json"));

    assertThat(cli.err()).contains(flat + ": each sub-folder is taken as a class: train, val.");
    assertThat(cli.json().get("split_folders").isJsonNull()).isTrue();
  }

  @Test
  void modelIsSavedEvenIfTheTestImagesFail() throws IOException {
    Path bad = root.resolve("bad");
    TinyPictures.draw(bad.resolve("train"), 4, 1, CLASSES);
    for (String each : CLASSES) {
      Files.createDirectories(bad.resolve("test/" + each));
      Files.writeString(bad.resolve("test/" + each + "/1.jpg"), "no image");
    }
    Path out = root.resolve("saved");

    Cli cli = Cli.run(command(bad, out));

    cli.failsWith(3, "None of the 2 images in " + bad.resolve("test") + " can be used");
    assertThat(cli.err())
        .contains(out + " is saved; only its evaluation on the test images failed");
    assertThat(out.resolve("graft.json")).exists();
  }

  @Test
  void evaluateAndExtractTakeOnePart() {
    String such = "such as " + flowers.resolve("val");
    Cli.run("evaluate", "--model", model, "--data", flowers)
        .failsWith(3, "is divided into parts: train/, val/, test/", such);
    Object[] extract =
        Stream.of(
                "extract --backbone vgg16_bn_small --device cpu --json --out".split(" "),
                new Object[] {root.resolve("rows.safetensors"), "--data", flowers})
            .flatMap(Stream::of)
            .toArray();
    Cli.run(extract).failsWith(3, "is divided into parts", such, "Options: --no-split-folders.");

    List<Object> words = new ArrayList<>(List.of(extract));
    words.add("--no-split-folders");
    assertThat(Cli.succeed(words.toArray()).json().get("images").getAsInt()).isEqualTo(18);
  }

  @Test
  void pretrainUsesTheFoldersToo() {
    JsonObject json =
        Cli.succeed(
                "pretrain",
                "--data",
                flowers,
                "--out",
                root.resolve("own.safetensors"),
                "--width",
                0.125,
                "--image-size",
                32,
                "--epochs",
                1,
                "--device",
                "cpu",
                "--json")
            .json();

    assertThat(json.get("images").getAsInt()).isEqualTo(12);
    assertThat(json.get("top1").isJsonNull()).isFalse();
    assertThat(json.getAsJsonObject("split_folders").get("test").getAsString()).isEqualTo("test");
    assertThat(json.getAsJsonObject("test").get("images").getAsInt()).isEqualTo(6);
  }
}
