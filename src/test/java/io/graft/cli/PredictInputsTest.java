package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.testing.TinyPictures;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What names the images of {@code predict}, and the forms of its answers. */
@Timeout(120)
class PredictInputsTest {

  @TempDir static Path root;

  private static Path model;

  /** A folder with two images, one below it, and files that are passed over. */
  private static Path photos;

  private static Path first;
  private static Path second;
  private static Path below;

  @BeforeAll
  static void train() throws IOException {
    Path data = root.resolve("data");
    TinyPictures.draw(data, 3, 1, "rose", "tulip");
    model = root.resolve("model");
    Cli.succeed(
        "train",
        "--data",
        data,
        "--out",
        model,
        "--backbone",
        "vgg16_bn_small",
        "--image-size",
        32,
        "--epochs",
        1,
        "--validation-split",
        0,
        "--device",
        "cpu",
        "--precision",
        "fp32",
        "--cache",
        root.resolve("features"));
    photos = Files.createDirectories(root.resolve("photos"));
    Files.createDirectories(photos.resolve("b"));
    first = Files.copy(data.resolve("rose/1.jpg"), photos.resolve("a.jpg"));
    below = Files.copy(data.resolve("rose/2.jpg"), photos.resolve("b/x"));
    second = Files.copy(data.resolve("tulip/1.jpg"), photos.resolve("c, d.jpg"));
    Files.writeString(photos.resolve("notes.txt"), "no image");
    Files.copy(first, photos.resolve(".hidden.jpg"));
  }

  private static Cli predict(Object... more) {
    List<Object> words = new ArrayList<>(List.of("predict", "--model", model, "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  /** Returns the paths of JSON lines, in order. */
  private static List<Path> paths(Cli cli) {
    return cli.out()
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .map(json -> Path.of(json.get("path").getAsString()))
        .toList();
  }

  private static Cli withInput(String text, Object... more) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      return predict(more);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void wordsStandForFilesFoldersAndLists() throws IOException {
    Cli folder = predict("--jsonl", second, photos);
    assertThat(paths(folder)).containsExactly(second, first, below, second);
    assertThat(folder.err()).contains("4 images, 2 files passed over");
    assertThat(predict("--csv", root.resolve("one.csv"), first).out())
        .contains(": 1 image, 0 skipped");

    String lines = "\uFEFF" + below + "\r\n\n" + photos.resolve("b") + "\n" + first;
    Path list = Files.writeString(root.resolve("list"), lines);
    assertThat(paths(predict("--jsonl", "@" + list))).containsExactly(below, below, first);
    assertThat(paths(withInput(lines, second, "-", "--jsonl")))
        .containsExactly(second, below, below, first);
    assertThat(paths(withInput(second + "\0" + first + "\0", "-", "--jsonl")))
        .containsExactly(second, first);
  }

  @Test
  void wordsThatNameNoImagesAreRefused() throws IOException {
    predict("@" + root.resolve("none")).failsWith(3, "Cannot read the list", "none", "./");
    withInput("", "-").failsWith(3, "No images in -");
    predict(Files.createDirectories(root.resolve("empty"))).failsWith(3, "No images in", "empty");
    predict("").failsWith(2, "One of the paths is empty");
    predict("--json", "--jsonl", first).failsWith(2, "--jsonl");
    predict("--csv", root, first).failsWith(2, "is a folder");
  }

  /** Answers in batches are those of single images, and stand in the order of the images. */
  @Test
  void badImagesAreNamedInTheirPlaceAndTheRestIsWritten() throws IOException {
    Path bad = Files.writeString(root.resolve("bad.jpg"), "no image");
    Map<Path, String> alone = new HashMap<>();
    for (Path image : List.of(first, second, below)) {
      alone.put(image, predict(image).out().strip());
    }
    List<Path> order = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      order.addAll(List.of(bad, first, below, second, bad));
    }
    Path csv = root.resolve("answers.csv");
    Object[] words = order.toArray();

    List<String> lines = predict(words).out().lines().toList();
    assertThat(lines)
        .isEqualTo(order.stream().filter(path -> path != bad).map(alone::get).toList());

    List<Object> all = new ArrayList<>(order);
    all.addAll(List.of("--jsonl", "--on-bad-image", "fail", "--csv", csv));
    Cli failed = predict(all.toArray());
    assertThat(failed.exitCode()).isEqualTo(3);
    assertThat(failed.err())
        .contains("Cannot use the image " + bad, "(and 27 more)", "42 of 70 images were");
    assertThat(paths(failed)).isEqualTo(order);
    assertThat(failed.out().lines().toList().get(4))
        .contains("\"skipped\":true", "\"reason\":\"the content is not");
    assertThat(Files.readAllLines(csv))
        .hasSize(43)
        .element(0)
        .asString()
        .startsWith("path,label_1,");
    assertThat(Files.readAllLines(csv).get(3)).startsWith("\"" + second + "\",");
  }

  @Test
  void jsonNamesTheSkippedFiles() throws IOException {
    Path bad = Files.writeString(root.resolve("bad.jpg"), "no image");
    JsonObject json = predict("--json", bad, photos).json();

    assertThat(json.getAsJsonArray("predictions")).hasSize(3);
    assertThat(json.get("images").getAsInt()).isEqualTo(3);
    assertThat(json.get("passed_over").getAsInt()).isEqualTo(2);
    JsonObject skipped = json.getAsJsonArray("skipped_files").get(0).getAsJsonObject();
    assertThat(skipped.get("path").getAsString()).isEqualTo(bad.toString());
    assertThat(skipped.get("reason").getAsString()).contains("the content is not");
  }
}
