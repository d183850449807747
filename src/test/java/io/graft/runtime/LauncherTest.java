package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the launcher script with a fake Java and a fake Maven, which report how they were run. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {

  private static final Path SCRIPT = Path.of("graft").toAbsolutePath();

  /** Prints its arguments when it starts Graft, and nothing otherwise. */
  private static final String JAVA =
      """
      #!/bin/sh
      case " $* " in
        *" -XX:DumpLoadedClassList"*|*" -Xshare:dump "*) exit 1 ;;
        *" io.graft.cli.Main "*) echo "ran $0"; for a in "$@"; do echo "[$a]"; done ;;
      esac
      """;

  /** Fakes a build that is slow enough for two to overlap, and logs each build. */
  private static final String MAVEN =
      """
      #!/bin/sh
      [ "$1" = -v ] && { echo "Apache Maven 3.9.9 (x)"; exit 0; }
      echo "$JAVA_HOME $*" >>builds
      if mkdir target/building; then :; else echo two at once; exit 1; fi
      sleep 0.3
      rmdir target/building
      [ -e fail ] && { echo "the compiler says no"; exit 1; }
      mkdir -p target/lib && : >target/graft.jar
      """;

  @TempDir Path temporary;
  private Path tree;
  private Path bin;
  private final Map<String, String> environment = new HashMap<>();

  record Result(int status, String out, String err) {}

  @BeforeEach
  void createTree() throws IOException {
    assumeThat(Path.of("/bin/sh")).isExecutable();
    tree = Files.createDirectories(temporary.resolve("a tree").resolve("with spaces")).toRealPath();
    Files.createDirectories(tree.resolve("src/main"));
    Files.writeString(tree.resolve("pom.xml"), "<project/>");
    script(tree.resolve("graft"), Files.readString(SCRIPT));
    bin = Files.createDirectories(temporary.resolve("bin")).toRealPath();
    script(bin.resolve("mvn"), MAVEN);
    environment.put("PATH", bin + ":/usr/bin:/bin");
    environment.put("GRAFT_JDK_FOLDERS", "");
    environment.put("HOME", temporary.toString());
    environment.put("JAVA_HOME", jdk("jdk 21", "21.0.4", true).toString());
  }

  @Test
  void buildsOnceAndPassesTheArguments() throws Exception {
    Result first = run(tree.resolve("graft"), "train", "--data", "my pictures", "");
    assertThat(first.err()).contains("there is no build yet", "Java 21.0.4");
    assertThat(first.status()).isZero();
    assertThat(first.out())
        .startsWith("ran " + environment.get("JAVA_HOME") + "/bin/java\n")
        .contains("[" + tree.resolve("target/graft.jar") + "]")
        .endsWith("[io.graft.cli.Main]\n[train]\n[--data]\n[my pictures]\n[]\n");
    Result second = run(tree.resolve("graft"), "--version");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).hasSize(1);
    assertThat(builds().get(0)).contains("-Dmaven.test.skip=true", "-DskipChecks", "package");
  }

  @Test
  void buildsAgainWhenASourceIsNewer() throws Exception {
    run(tree.resolve("graft"), "--version");
    Path source = Files.writeString(tree.resolve("src/main/A.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    assertThat(run(tree.resolve("graft"), "--version").err()).contains("sources are newer");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void runsThroughChainsOfSymbolicLinksFromAnywhere() throws Exception {
    Path links = Files.createDirectories(temporary.resolve("link s"));
    Files.createSymbolicLink(links.resolve("tree"), Path.of("../a tree/with spaces"));
    Files.createSymbolicLink(links.resolve("one"), Path.of("tree/graft"));
    Path two = Files.createSymbolicLink(temporary.resolve("two"), Path.of("link s/one"));
    Path three = Files.createSymbolicLink(links.resolve("three"), two);
    for (Path link : List.of(two, three)) {
      assertThat(run(link, "--version").out())
          .contains("[" + tree.resolve("target/graft.jar") + "]");
    }
    assertThat(builds()).hasSize(1);
  }

  @Test
  void ignoresAJavaHomeThatIsTooOld() throws Exception {
    environment.put("JAVA_HOME", jdk("jdk8", "1.8.0_402", true).toString());
    Path good = jdk("jdk17", "17.0.1", true);
    environment.put("GRAFT_JDK_FOLDERS", temporary.resolve("absent") + " " + good);
    environment.put("PATH", toolsWithoutJava());
    Result result = run(tree.resolve("graft"), "--version");
    assertThat(result.err()).contains("JAVA_HOME", "is Java 1.8.0_402", "17 or newer");
    assertThat(result.out()).contains("ran " + good);
  }

  @Test
  void namesTheUnusableJdksThatItFound() throws Exception {
    environment.put("JAVA_HOME", jdk("jdk11", "11.0.2", true).toString());
    environment.put("GRAFT_JDK_FOLDERS", jdk("jre21", "21.0.1", false).toString());
    environment.put("PATH", toolsWithoutJava());
    Result result = run(tree.resolve("graft"), "--version");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("is Java 11.0.2", "is a Java 21.0.1 without a compiler")
        .contains("17 or newer", "openjdk-17-jdk", "set JAVA_HOME");
  }

  @Test
  void saysThatMavenIsMissingOrTooOld() throws Exception {
    environment.put("PATH", toolsWithoutJava());
    Files.delete(bin.resolve("mvn"));
    Files.deleteIfExists(temporary.resolve("tools/mvn"));
    Result missing = run(tree.resolve("graft"), "--version");
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.err()).contains("Maven is missing", "3.8 or newer", "apt install maven");
    script(temporary.resolve("tools/mvn"), "#!/bin/sh\necho Apache Maven 3.6.3\n");
    assertThat(run(tree.resolve("graft"), "--version").err()).contains("Maven 3.6.3 is too old");
  }

  @Test
  void showsTheLogOfAFailedBuildAndBuildsAgain() throws Exception {
    Files.writeString(tree.resolve("fail"), "");
    Result failed = run(tree.resolve("graft"), "--version");
    assertThat(failed.status()).isEqualTo(1);
    assertThat(failed.out()).isEmpty();
    assertThat(failed.err()).contains("the compiler says no", "the build failed");
    Files.delete(tree.resolve("fail"));
    assertThat(run(tree.resolve("graft"), "--version").status()).isZero();
    assertThat(builds()).hasSize(2);
  }

  @Test
  void twoStartsAtOnceBuildOnce() throws Exception {
    List<Process> starts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      starts.add(start(tree.resolve("graft"), "start" + i, "--version"));
    }
    for (Process start : starts) {
      assertThat(start.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(start.exitValue()).isZero();
    }
    assertThat(builds()).hasSize(1);
    assertThat(tree.resolve("target/graft.lock")).doesNotExist();
  }

  @Test
  void takesOverTheLockOfADeadBuildAndBuildsAgain() throws Exception {
    Process dead = new ProcessBuilder("/bin/sh", "-c", "exit 0").start();
    dead.waitFor();
    Path target = Files.createDirectories(tree.resolve("target/lib")).getParent();
    Files.writeString(target.resolve("graft.jar"), "half");
    Process uname = new ProcessBuilder("uname", "-n").start();
    String host = new String(uname.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    Files.createSymbolicLink(target.resolve("graft.lock"), Path.of(dead.pid() + "@" + host));
    Result result = run(tree.resolve("graft"), "--version");
    assertThat(result.status()).isZero();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void passesJavaOptions() throws Exception {
    environment.put("GRAFT_JAVA_OPTS", "-Xmx3g -Da=b");
    assertThat(run(tree.resolve("graft"), "--version").out()).contains("[-Xmx3g]\n[-Da=b]\n");
  }

  @Test
  void tellsHowItWasCalledAndTheWidthOfTheTerminal() throws Exception {
    Path script = tree.resolve("graft");
    assertThat(run(script, "x").out())
        .contains("[-Dgraft.columns=0]", "[-Dgraft.program=" + script + "]");
    environment.put("PATH", tree + ":" + environment.get("PATH"));
    assertThat(run(script, "x").out()).contains("[-Dgraft.program=graft]");
  }

  @ParameterizedTest
  @CsvSource({"xterm, 57", "dumb, 0", "'', 0"})
  void terminalHasAWidthUnlessItIsDumb(String terminal, int columns) throws Exception {
    Path script = Path.of("/usr/bin/script");
    assumeThat(script).exists();
    environment.put("TERM", terminal);
    String command = "stty cols 57; '" + tree.resolve("graft") + "' x";
    assertThat(run(script, "-qec", command, "/dev/null").out())
        .contains("[-Dgraft.columns=" + columns + "]");
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(tree.resolve("builds"));
  }

  private Path jdk(String name, String version, boolean compiler) throws IOException {
    Path home = Files.createDirectories(temporary.resolve(name)).toRealPath();
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/java"), JAVA);
    if (compiler) {
      script(home.resolve("bin/javac"), "#!/bin/sh\n");
    }
    return home;
  }

  /** Returns a PATH with the tools that the script uses and the fake Maven, but no Java. */
  private String toolsWithoutJava() throws IOException {
    Path tools = Files.createDirectories(temporary.resolve("tools"));
    for (String tool :
        List.of(
            "sh",
            "dirname",
            "readlink",
            "sed",
            "uname",
            "find",
            "head",
            "mkdir",
            "rmdir",
            "rm",
            "mv",
            "ln",
            "cat",
            "sleep",
            "env")) {
      for (String folder : List.of("/bin/", "/usr/bin/")) {
        if (Files.isExecutable(Path.of(folder + tool)) && !Files.exists(tools.resolve(tool))) {
          Files.createSymbolicLink(tools.resolve(tool), Path.of(folder + tool));
        }
      }
    }
    if (!Files.exists(tools.resolve("mvn"))) {
      Files.copy(bin.resolve("mvn"), tools.resolve("mvn"));
      executable(tools.resolve("mvn"));
    }
    return tools.toString();
  }

  private Result run(Path program, String... arguments) throws Exception {
    Process process = start(program, "start", arguments);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends").isTrue();
    return new Result(
        process.exitValue(),
        Files.readString(temporary.resolve("start.out")),
        Files.readString(temporary.resolve("start.err")));
  }

  private Process start(Path program, String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(new File("/"))
            .redirectOutput(temporary.resolve(name + ".out").toFile())
            .redirectError(temporary.resolve(name + ".err").toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    executable(file);
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
