package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.TinyPictures;
import io.graft.testing.WithoutPrivileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Data that this user may not read. The reason must be named, and no image may be lost unseen. */
@DisabledOnOs(OS.WINDOWS)
class DeniedDataTest {

  @TempDir Path root;

  private Path data;
  private Path out;
  private final Deque<Path> closed = new ArrayDeque<>();

  @BeforeEach
  void drawImages() throws IOException {
    data = root.resolve("data");
    out = root.resolve("out");
    TinyPictures.draw(data, 2, 1, "rose", "tulip");
  }

  @AfterEach
  void openFolders() throws IOException {
    while (!closed.isEmpty()) {
      Files.setPosixFilePermissions(closed.pop(), PosixFilePermissions.fromString("rwx------"));
    }
  }

  private Path permit(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    closed.push(path);
    return path;
  }

  private static Cli run(Object... arguments) throws Exception {
    return WithoutPrivileges.call(() -> Cli.run(arguments));
  }

  @Test
  void classFolderThatCanBeListedButNotEnteredIsNamed() throws Exception {
    Path rose = permit(data.resolve("rose"), "r--------");
    run("train", "--data", data, "--out", out)
        .failsWith(3, rose.toString(), "permission denied", rose + " may not be entered");
  }

  @Test
  void folderInsideAClassIsNamed() throws Exception {
    TinyPictures.draw(data.resolve("rose"), 1, 1, "deep");
    for (String permissions : new String[] {"---------", "--x------", "r--------"}) {
      Path deep = permit(data.resolve("rose/deep"), permissions);
      run("extract", "--data", data, "--out", out)
          .failsWith(3, "Cannot read ", deep.toString(), "permission denied");
    }
  }

  @Test
  void closedParentIsNotAMissingFolder() throws Exception {
    permit(root, "---------");
    String[] parts = {"Cannot read ", data.toString(), "permission denied", root + " may not be"};
    run("evaluate", "--data", data, "--model", root.resolve("model")).failsWith(3, parts[0]);
    run("train", "--data", data, "--out", Path.of("target", "never")).failsWith(3, parts);
    run("train", "--data", data.resolve("table.csv"), "--out", Path.of("target", "never"))
        .failsWith(3, parts);
  }

  @Test
  void linkToAClosedPlaceIsNamed(@TempDir Path elsewhere) throws Exception {
    TinyPictures.draw(elsewhere.resolve("closed"), 1, 1, "daisy");
    Path link =
        Files.createSymbolicLink(
            data.resolve("daisy"), elsewhere.resolve("closed").resolve("daisy"));
    permit(elsewhere.resolve("closed"), "---------");
    run("train", "--data", data, "--out", out).failsWith(3, link.toString(), "permission denied");
    Files.delete(link);
    Path image =
        Files.createSymbolicLink(
            data.resolve("rose/9.jpg"), elsewhere.resolve("closed").resolve("daisy/1.jpg"));
    run("train", "--data", data, "--out", out).failsWith(3, image.toString(), "permission denied");
  }

  @Test
  void entryThatLeadsNowhereElseIsNamed() throws Exception {
    // The system refuses a link to itself, for root too.
    Path loop = data.resolve("rose/loop.jpg");
    Files.createSymbolicLink(loop, loop);
    assertThat(Files.exists(loop, LinkOption.NOFOLLOW_LINKS)).isTrue();
    Cli.run("train", "--data", data, "--out", out).failsWith(3, "Cannot read " + loop);
  }

  @Test
  void closedTableValidationAndModelAreNamed() throws Exception {
    Path table = Files.writeString(root.resolve("t.csv"), "path,label\ndata/rose/1.jpg,rose\n");
    permit(table, "---------");
    String[] parts = {"Cannot read the table " + table, "permission denied"};
    run("train", "--data", table, "--out", out).failsWith(3, parts);
    run("train", "--data", data, "--validation", table, "--out", out).failsWith(3, parts);

    Path model = Files.createDirectory(root.resolve("model"));
    Path card = Files.writeString(model.resolve("graft.json"), "{}");
    permit(card, "---------");
    run("evaluate", "--data", data, "--model", model)
        .failsWith(3, "Cannot read the model " + model, "permission denied for " + card);
    permit(model, "---------");
    run("evaluate", "--data", data, "--model", model)
        .failsWith(3, "Cannot read the model", "permission denied", model + " may not be");
  }

  @Test
  void closedImagesAreSkippedByName() throws Exception {
    Path named = permit(data.resolve("rose/1.jpg"), "---------");
    Path bare =
        permit(Files.copy(data.resolve("rose/2.jpg"), data.resolve("rose/bare")), "-w-------");
    Cli cli = WithoutPrivileges.call(() -> Cli.extract(data, root));
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.err())
        .contains("skipped " + named + ": permission denied")
        .contains("skipped " + bare + ": permission denied");
    assertThat(cli.json().get("skipped").getAsInt()).isEqualTo(2);
    assertThat(cli.json().get("images").getAsInt()).isEqualTo(3);
  }
}
