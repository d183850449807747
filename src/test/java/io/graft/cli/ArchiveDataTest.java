package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Takes zip and tar archives of images, which make_archives.py wrote, as data. */
class ArchiveDataTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {"top.zip", "bare.zip", "unflagged.zip", "pax.tgz", "gnu.tar", "links.tar"})
  void anArchiveGivesTheImagesOfItsClassFolders(String name) throws IOException {
    Path out = folder.resolve("features.npy");
    JsonObject json = extract(archive(name), out).json();
    assertThat(json.get("images").getAsInt()).isEqualTo(4);
    assertThat(json.get("skipped").getAsInt()).isZero();
    JsonObject written =
        JsonParser.parseString(Files.readString(folder.resolve("features.json"))).getAsJsonObject();
    assertThat(written.getAsJsonArray("classes").asList().stream().map(JsonElement::getAsString))
        .containsExactly("rosé", "tulip");
  }

  @Test
  void anArchiveIsUnpackedOnceUntilItChanges() throws IOException {
    Path mine = Files.copy(archive("bare.zip"), folder.resolve("mine.zip"));
    Path out = folder.resolve("features.npy");
    assertThat(extract(mine, out).err()).contains("mine.zip: unpacked 4 files");
    assertThat(extract(mine, out).err()).doesNotContain("unpacked").contains("taken from");
    Files.write(mine, Files.readAllBytes(archive("dots.zip")));
    run(mine, out).failsWith(3, "mine.zip", "leads out of the archive");
  }

  @Test
  void anUnpackedFolderThatIsNotWholeIsUnpackedAnew() throws IOException {
    Path mine = Files.copy(archive("bare.zip"), folder.resolve("harmed.zip"));
    Path out = folder.resolve("features.npy");
    assertThat(extract(mine, out).err()).contains("harmed.zip: unpacked 4 files");
    Path cache = Path.of(System.getenv("GRAFT_HOME"), "archives");
    Path unpacked =
        cache.resolve(
            names(cache).stream()
                .filter(name -> name.startsWith("harmed.zip-"))
                .max(Comparator.comparing(name -> cache.resolve(name).toFile().lastModified()))
                .orElseThrow());
    Path picture = files(unpacked).get(0);
    byte[] bytes = Files.readAllBytes(picture);

    Files.write(picture, Arrays.copyOf(bytes, 10));
    assertThat(extract(mine, out).json().get("skipped").getAsInt()).isZero();
    assertThat(picture).hasBinaryContent(bytes);

    Files.delete(picture);
    assertThat(extract(mine, out).json().get("images").getAsInt()).isEqualTo(4);

    Files.write(picture.resolveSibling("more.png"), bytes);
    assertThat(extract(mine, out).json().get("images").getAsInt()).isEqualTo(4);
  }

  @Test
  void linksAndDevicesArePassedOverByName() throws IOException {
    Path mine = Files.copy(archive("links.tar"), folder.resolve("mine.tar"));
    assertThat(extract(mine, folder.resolve("features.npy")).err())
        .contains("passed over 4 links and special files")
        .contains("link.png", "hard.png", "pipe.png", "device.png");
  }

  @ParameterizedTest
  @CsvSource({
    "dots.zip, tulip/../../out.png in it leads out",
    "absolute.tar, /tmp/graft-out.png in it leads out",
    "clash.zip, tulip in it is both a file and a folder",
    "encrypted.zip, is encrypted",
    "checksum.zip, the checksum of tulip/0.png is wrong",
    "cut.zip, is not a ZIP archive",
    "cut.tgz, end of ZLIB",
    "cut.tar, cut off",
    "text.zip, is not a ZIP archive"
  })
  void hostileAndDamagedArchivesAreRefusedAndLeaveNothing(String name, String offence) {
    run(archive(name), folder.resolve("features.npy"))
        .failsWith(3, name, offence, "Expected a whole zip or tar archive");
    Path cache = Path.of(System.getenv("GRAFT_HOME"), "archives");
    assertThat(names(cache)).noneMatch(left -> left.contains(name));
    assertThat(Path.of("/tmp/graft-out.png")).doesNotExist();
  }

  @Test
  void partsInAnArchiveAreForTrainingAndValidation() throws IOException {
    Path model = folder.resolve("model");
    JsonObject json =
        Cli.succeed(
                "train",
                "--data",
                archive("parts.tar.gz"),
                "--backbone",
                "vgg16_bn_small",
                "--precision",
                "fp32",
                "--epochs",
                1,
                "--out",
                model,
                "--json")
            .json();
    assertThat(json.getAsJsonObject("split_folders").get("validation").getAsString())
        .isEqualTo("val");
    Path validation = Files.copy(archive("top.zip"), folder.resolve("validation.zip"));
    JsonObject evaluated =
        Cli.succeed("evaluate", "--model", model, "--data", validation, "--json").json();
    assertThat(evaluated.get("images").getAsInt()).isEqualTo(4);
  }

  private static Cli extract(Path data, Path out) {
    Cli cli = run(data, out);
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    return cli;
  }

  private static Cli run(Path data, Path out) {
    return Cli.run(
        "extract",
        "--data",
        data,
        "--backbone",
        "vgg16_bn_small",
        "--precision",
        "fp32",
        "--out",
        out,
        "--json");
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(each -> each.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(each -> each.toString().endsWith(".png")).sorted().toList();
    }
  }

  private static Path archive(String name) {
    return Path.of("src/test/resources/archives", name);
  }
}
