package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Names with letters that the character set of the locale lacks, in a Java that the launcher did
 * not start. Java makes them equal, so they are refused.
 */
@EnabledOnOs(OS.LINUX)
class LocaleTest {

  private static final String ROSE = "ros\u00e9";

  @TempDir Path root;

  @BeforeEach
  void drawImages() throws IOException {
    assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "names are not UTF-8");
    TinyPictures.draw(root.resolve("data"), 1, 1, ROSE, "ros\u00e8");
  }

  private JavaProcess.Result run(String... words) throws Exception {
    return JavaProcess.run(
        root,
        Map.of("LC_ALL", "POSIX"),
        root,
        Stream.concat(Stream.of(Main.class.getName()), Stream.of(words)).toArray(String[]::new));
  }

  @Test
  void classesThatJavaCannotTellApartAreRefusedByName() throws Exception {
    JavaProcess.Result result = run("train", "--data", "data", "--out", "model");
    assertThat(result.exitCode()).as(result.err()).isEqualTo(3);
    // In Python: urllib.parse.quote("rosé"), urllib.parse.quote("rosè")
    assertThat(result.err())
        .containsPattern("ros%C3%A[98], which is not text in US-ASCII")
        .contains("LC_ALL", "C.UTF-8", "locale -a");
  }

  @Test
  void argumentsAndTablesAreRefusedWithTheRemedy() throws Exception {
    JavaProcess.Result argument = run("train", "--data", "data/" + ROSE, "--out", "model");
    assertThat(argument.exitCode()).as(argument.err()).isEqualTo(2);
    assertThat(argument.err()).contains("The argument 'data/ros", "US-ASCII", "C.UTF-8");

    Files.writeString(root.resolve("t.csv"), "path,label\ndata/%s/1.jpg,a\n".formatted(ROSE));
    JavaProcess.Result table = run("train", "--data", "t.csv", "--out", "model");
    assertThat(table.exitCode()).as(table.err()).isEqualTo(3);
    assertThat(table.err()).contains("Line 2 of t.csv has an invalid path", "C.UTF-8");
  }

  @Test
  void listsOfPathsAreRefusedWithTheRemedy() throws Exception {
    Files.writeString(root.resolve("list.txt"), "data/%s/1.jpg\n".formatted(ROSE));
    JavaProcess.Result list = run("predict", "--model", "model", "@list.txt");
    assertThat(list.exitCode()).as(list.err()).isEqualTo(3);
    assertThat(list.err()).contains("Path 1 in list.txt is no path", "C.UTF-8");
  }

  /** As from an archive of a system with another character set. */
  @Test
  void folderWhoseNameIsNotUtf8IsRefusedByName() throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", "mkdir \"$(printf 'data/b\\351')\"")
            .directory(root.toFile())
            .start();
    assertThat(shell.waitFor()).isZero();
    Cli.run("train", "--data", root.resolve("data"), "--out", root.resolve("model"))
        .failsWith(3, "b%E9, which is not text in UTF-8", "Rename it");
    assertThat(List.of(root.resolve("data").toFile().list())).hasSize(3);
  }
}
