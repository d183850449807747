package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands on a table with its own columns, delimiter, root of images, split and groups. */
class TableCommandTest {

  private static final int PER_CLASS = 6;

  @TempDir static Path root;

  private static Path table;

  /** Images 1 and 2 of both classes are of patient 1, and so on; patient 3 is for the test. */
  @BeforeAll
  static void draw() throws IOException {
    TinyPictures.draw(root.resolve("scans"), PER_CLASS, 1, "rose", "tulip");
    List<String> rows = new ArrayList<>(List.of("sep=;", "nr;file;part;kind;patient"));
    String[] parts = {"Train", "dev", "testing"};
    for (String kind : List.of("rose", "tulip")) {
      for (int i = 1; i <= PER_CLASS; i++) {
        String part = parts[(i - 1) / 2];
        rows.add("%d;%s\\%d.jpg;%s; \"%s \";%d".formatted(i, kind, i, part, kind, (i + 1) / 2));
      }
    }
    table = root.resolve("tables/study.csv");
    Files.createDirectories(table.getParent());
    Files.write(table, rows);
  }

  private static Cli train(Object... more) {
    return run("train", more, "--weights", "random", "--backbone", "vgg11.w0.125.s32");
  }

  private static Cli evaluate(Object... more) {
    List<Object> words = new ArrayList<>(List.of("evaluate", "--data", table, "--device", "cpu"));
    words.addAll(List.of("--image-column", "FILE", "--label-column", "kind"));
    words.addAll(List.of("--image-root", root.resolve("scans"), "--model", root.resolve("train")));
    words.addAll(List.of(more));
    return Cli.run(words.toArray());
  }

  private static Cli run(String command, Object[] more, Object... end) {
    List<Object> words = new ArrayList<>(List.of(command, "--data", table));
    words.addAll(List.of("--image-column", "FILE", "--label-column", "kind"));
    words.addAll(List.of("--image-root", root.resolve("scans"), "--device", "cpu"));
    words.addAll(List.of(more));
    words.addAll(List.of(end));
    if (!command.equals("extract")) {
      words.addAll(List.of("--out", root.resolve(command), "--head", "pool", "--epochs", 1));
    }
    Cli cli = Cli.run(words.toArray());
    if (words.contains("--json")) {
      assertThat(cli.exitCode()).as(cli.err()).isZero();
    }
    return cli;
  }

  @Test
  void trainsValidatesAndEvaluatesOnTheRowsThatTheTableSays() {
    Cli cli = train("--split-column", "part", "--group-column", "patient", "--json");

    JsonObject json = cli.json();
    assertThat(json.get("images").getAsInt()).isEqualTo(8);
    assertThat(json.getAsJsonObject("test").get("images").getAsInt()).isEqualTo(4);
    assertThat(json.get("split_column").getAsString()).isEqualTo("part");
    assertThat(json.get("groups")).hasToString("{\"train\":1,\"validation\":1,\"test\":1}");
    assertThat(json.getAsJsonArray("classes")).hasToString("[\"rose\",\"tulip\"]");
    JsonObject evaluated = evaluate("--split-column", "part", "--json").json();
    assertThat(evaluated.get("top1")).isEqualTo(json.getAsJsonObject("test").get("top1"));
    assertThat(evaluated.get("images").getAsInt()).isEqualTo(4);
    assertThat(
            evaluate("--split-column", "part", "--part", "validation", "--json").json().get("top1"))
        .isEqualTo(json.get("top1"));
    evaluate("--part", "test").failsWith(2, "--split-column, which is absent");
    evaluate("--split-column", "part", "--part", "dev").failsWith(2, "'dev': expected train,");
    assertThat(cli.err())
        .contains("4 training images in 2 classes, 4 validation images, 4 test images")
        .contains("Groups of the column 'patient': 1 in train, 1 in validation, 1 in test.");
  }

  @Test
  void foldsKeepGroupsTogether() {
    JsonObject json = train("--group-column", "patient", "--folds", 3, "--json").json();

    assertThat(json.getAsJsonArray("folds"))
        .extracting(fold -> fold.getAsJsonObject().get("images").getAsInt())
        .containsExactly(4, 4, 4);
    assertThat(json.get("groups")).hasToString("{\"train\":3}");
    train("--group-column", "patient", "--folds", 4)
        .failsWith(2, "folds is 4. Expected from 2 to 3, the number of groups", "--folds");
  }

  @Test
  void splitKeepsGroupsTogether() {
    JsonObject json =
        train("--group-column", "patient", "--validation-split", 0.3, "--json").json();

    assertThat(json.get("images").getAsInt()).isEqualTo(2 * PER_CLASS);
    assertThat(json.get("groups")).hasToString("{\"train\":2,\"validation\":1}");
  }

  @Test
  void otherCommandsReadTheTable() throws IOException {
    Object[] columns = {"--split-column", "part", "--json"};
    JsonObject pretrained =
        run("pretrain", columns, "--width", 0.03125, "--image-size", 32, "--hidden", 4).json();
    JsonElement top1 = pretrained.get("top1");
    JsonObject extracted =
        run(
                "extract",
                new Object[] {"--delimiter", ";", "--json"},
                "--weights",
                "random",
                "--backbone",
                "vgg11.w0.125.s32",
                "--out",
                root.resolve("rows.safetensors"))
            .json();

    assertThat(pretrained.get("images").getAsInt()).isEqualTo(8);
    assertThat(pretrained.getAsJsonObject("test").get("images").getAsInt()).isEqualTo(4);
    assertThat(top1.isJsonNull()).isFalse();
    assertThat(extracted.get("images").getAsInt()).isEqualTo(2 * PER_CLASS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "--split-column part --validation scans ! 2 ! --split-column ! --validation scans",
        "--split-column part --folds 2          ! 2 ! 'part' marks 4 validation images ! --folds",
        "--split-column part --validation-split 0.5 ! 2 ! marks 4 validation images ! Remove",
        "--split-column nr                      ! 3 ! Line 3 of ! has the part of the split '1'",
        "--split-column none                    ! 3 ! no column 'none' ! Options: --split-column",
        "--group-column none                    ! 3 ! no column 'none' ! Options: --group-column",
        "--group-column patient --validation scans ! 2 ! scans is a folder ! group-column",
        "--delimiter ,                          ! 3 ! if the delimiter is ; ! --delimiter",
        "--delimiter ;;                         ! 2 ! ';;' is not a delimiter ! tab",
        "--labels-column kind                   ! 2 ! Both 'kind' and 'kind' ! --labels-column",
        "--split-column kind                    ! 2 ! 'kind' is named for two purposes ! Options",
      })
  void refusesWhatContradictsTheTable(String options, int exitCode, String part, String other) {
    Object[] words = options.strip().replace("scans", root.resolve("scans").toString()).split(" +");
    train(words)
        .failsWith(exitCode, part, other.replace("scans", root.resolve("scans").toString()));
  }

  @Test
  void refusesAGroupInTwoParts() throws IOException {
    Path straddling = root.resolve("straddling.csv");
    Files.writeString(
        straddling, "path,label,part,place\na,x,train,p1\nb,y,train,p2\nc,x,val,p2\nd,y,val,p3\n");

    Cli.run(
            "train",
            "--data",
            straddling,
            "--out",
            root.resolve("no"),
            "--split-column",
            "part",
            "--group-column",
            "place")
        .failsWith(3, "The group 'p2' of", "it has b and c", "Options: --group-column");
  }
}
