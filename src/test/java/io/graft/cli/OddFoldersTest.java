package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.graft.data.DataParts;
import io.graft.data.ListingOptions;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders as people have them: photographs in other formats, what systems leave, and accents. */
class OddFoldersTest {

  private static final JsonObject COUNTS =
      JsonParser.parseString("{\"AVIF\": 1, \"HEIC\": 3, \"RAW\": 2, \"SVG\": 1, \"video\": 1}")
          .getAsJsonObject();

  @TempDir Path root;

  private Path data;

  @BeforeEach
  void drawImages() throws IOException {
    data = root.resolve("data");
    TinyPictures.draw(data, 3, 1, "rose", "tulip");
  }

  private Cli extract(Object... more) {
    return Cli.extract(data, root, more);
  }

  /** Writes 64 bytes that begin like a file of the ISO base media format. */
  private static void writeMedia(Path file, String brand) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "\0\0\0\u0018ftyp" + brand + "\0".repeat(52));
  }

  @Test
  void filesThatAreNotReadAreCountedByFormat() throws Exception {
    writeMedia(data.resolve("rose/IMG_1.HEIC"), "heic");
    writeMedia(data.resolve("tulip/deep/2.heif"), "mif1");
    Files.write(data.resolve("tulip/empty.heic"), new byte[0]);
    writeMedia(data.resolve("rose/no-extension"), "avif");
    writeMedia(data.resolve("rose/live.mov"), "qt  ");
    Files.writeString(
        data.resolve("rose/drawing.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
    Files.writeString(data.resolve("rose/A.CR2"), "II*\0\u0010\0\0\0CR\u0002\0");
    Files.writeString(data.resolve("rose/b.nef"), "MM\0*\0\0\0\u0008");
    Files.writeString(data.resolve("rose/notes.txt"), "not an image");

    Cli cli = extract();

    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.json().get("not_read")).isEqualTo(COUNTS);
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(6);
    assertThat(cli.json().get("skipped").getAsInt()).isZero();
    assertThat(cli.err())
        .contains(
            "1 AVIF, 3 HEIC, 2 RAW, 1 SVG, 1 video files in " + data + " are not read; convert");
  }

  @Test
  void emptyFolderBesideTheFoldersOfPartsIsNamedWithTheRemedy() throws Exception {
    for (String folder : List.of("train/rose", "val/rose", "annotations")) {
      Files.createDirectories(data.resolve("parts").resolve(folder));
    }
    Files.writeString(data.resolve("parts/train/rose/1.jpg"), "listed, not read");
    Files.writeString(data.resolve("parts/val/rose/1.jpg"), "listed, not read");

    Cli.run("train", "--data", data.resolve("parts"), "--out", data.resolve("parts/model"))
        .failsWith(
            3,
            "A class has no images: annotations",
            "Folders such as train and val are parts of the images only if no other folder",
            "Options: --ignore.");
  }

  @Test
  void photographsThatAreOnlyHeicAreNamedInTheError() throws Exception {
    writeMedia(data.resolve("daisy/1.heic"), "heic");
    extract().failsWith(3, "A class has no images: daisy", "1 HEIC file in " + data);
    Files.copy(data.resolve("daisy/1.heic"), data.resolve("daisy/2.jpg"));
    Cli cli = extract();
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.err())
        .contains("skipped " + data.resolve("daisy/2.jpg") + ": the format is HEIC");
  }

  @Test
  void foldersThatSystemsLeaveArePassedOver() throws Exception {
    for (String left :
        List.of("@eaDir", "__MACOSX", "lost+found", "$RECYCLE.BIN", "#recycle", ".git")) {
      TinyPictures.draw(data.resolve(left), 1, 1, "x");
      TinyPictures.draw(data.resolve("rose").resolve(left), 1, 1, "x");
    }
    Files.createDirectories(data.resolve("System Volume Information"));
    Files.writeString(data.resolve("rose/Thumbs.db"), "\u0000");
    Cli cli = extract();
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(6);
    assertThat(cli.json().get("not_read").getAsJsonObject().size()).isZero();
  }

  @Test
  void patternsPassOverFilesAndFolders() throws Exception {
    TinyPictures.draw(data.resolve("rose"), 1, 1, "thumbs");
    TinyPictures.draw(data.resolve("tulip/old"), 1, 1, "thumbs");
    TinyPictures.draw(data, 2, 2, "rejected");
    // As pathlib.PurePath.full_match of Python 3.13 has it, per name where there is no slash.
    assertThat(images("thumbs", "/rejected/")).isEqualTo(6);
    assertThat(images("*.jpg")).isEqualTo(-3);
    assertThat(images("rose/*.jpg")).isEqualTo(7);
    assertThat(images("rose/1.jpg", "tulip/[12].jpg", "**/thumbs/**")).isEqualTo(5);
    assertThat(images("**/thumbs", "{rejected,none}", "tulip")).isEqualTo(-3);
    assertThat(images("*/thumbs")).isEqualTo(9);
    assertThat(images("rose")).isEqualTo(6);
    assertThat(images("[")).isEqualTo(-2);
    assertThat(images("")).isEqualTo(-2);

    Path table = root.resolve("t.csv");
    Files.writeString(
        table, "path,label\ndata/rose/1.jpg,a\ndata/rose/2.jpg,a\ndata/tulip/1.jpg,b\n");
    data = table;
    assertThat(images("2.jpg")).isEqualTo(2);
    assertThat(images("data/tulip", "x")).isEqualTo(-3);
  }

  /** Returns the number of images with these patterns ignored, or the negative exit code. */
  private int images(String... patterns) {
    Cli cli = extract(Stream.of(patterns).flatMap(one -> Stream.of("--ignore", one)).toArray());
    return cli.exitCode() == 0 ? cli.json().get("images").getAsInt() : -cli.exitCode();
  }

  @Test
  void patternsOfDividedFoldersBeginAtTheFolder() throws Exception {
    Path divided = root.resolve("divided");
    TinyPictures.draw(divided.resolve("train"), 2, 1, "rose", "tulip", "bad");
    TinyPictures.draw(divided.resolve("val"), 2, 1, "rose", "tulip");
    DataParts parts =
        DataParts.open(
            divided, ListingOptions.ignoring("train/rose/1.jpg", "*/bad", "val/*/2.jpg"));
    assertThat(parts.train().classes()).containsExactly("rose", "tulip");
    assertThat(parts.train().images()).hasSize(3);
    assertThat(parts.validation().orElseThrow().images()).hasSize(2);
    DataParts chosen =
        DataParts.open(
            divided,
            ListingOptions.ignoring(
                "train/bad", "{train/rose,x}/1.jpg", "{train/tulip,val/*}/2.jpg"));
    assertThat(chosen.train().images()).hasSize(2);
    assertThat(chosen.validation().orElseThrow().images()).hasSize(2);
  }

  /** Both forms are of {@code unicodedata.normalize} in Python. */
  @Test
  void unicodeFormsOfAClassAreOneClass() throws Exception {
    assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "names are not UTF-8");
    String composed = "ros\u00e9";
    String decomposed = "rose\u0301";
    TinyPictures.draw(data, 2, 1, composed);
    TinyPictures.draw(data, 3, 2, decomposed);
    assumeTrue(data.toFile().list().length == 4, "this file system joins the forms itself");
    Path model = root.resolve("model");
    Object[] words = {
      "train",
      "--data",
      data,
      "--backbone",
      "vgg16_bn_small",
      "--image-size",
      32,
      "--epochs",
      1,
      "--precision",
      "fp32",
      "--cache",
      root.resolve("cache"),
      "--json",
      "--out",
      model
    };
    Cli trained = Cli.succeed(words);
    assertThat(trained.json().get("classes").toString())
        .isEqualTo("[\"rose\",\"" + composed + "\",\"tulip\"]");
    assertThat(trained.json().get("images").getAsInt()).isEqualTo(11);
    assertThat(trained.err()).contains("Unicode form are one class: " + composed);

    Path macs = root.resolve("macs");
    TinyPictures.draw(macs, 2, 3, decomposed);
    assertThat(evaluated(model, macs)).isEqualTo(2);
    Path table = root.resolve("t.csv");
    Files.writeString(
        table,
        "path,label\ndata/rose/1.jpg,%s\ndata/rose/2.jpg,%s\n".formatted(composed, decomposed));
    assertThat(evaluated(model, table)).isEqualTo(2);
  }

  private int evaluated(Path model, Path images) {
    Object[] words = {
      "evaluate", "--model", model, "--data", images, "--cache", root.resolve("cache"), "--json"
    };
    JsonObject json = Cli.succeed(words).json();
    assertThat(json.get("not_read").getAsJsonObject().size()).isZero();
    return json.get("images").getAsInt();
  }
}
