package io.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The locale that the launcher gives to Java, with a fake Java and a fake {@code locale}. */
@DisabledOnOs(OS.WINDOWS)
class LauncherLocaleTest {

  private static final String JAVA = "#!/bin/sh\necho \"LC_ALL is ${LC_ALL-not set}\"\n";

  /** Knows the locales in INSTALLED, and has the character set of POSIX for all others. */
  private static final String LOCALE =
      """
      #!/bin/sh
      if [ "$1" = -a ]; then
        printf '%s\\n' $INSTALLED
        exit
      fi
      name=$(printf %s "${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}" | sed 's/UTF-8/utf8/')
      case " $INSTALLED " in
        *" $name "*) ;;
        *) echo "locale: Cannot set LC_ALL to default locale" >&2; name=C ;;
      esac
      case $name in
        *utf8) echo UTF-8 ;;
        *8859-1) echo ISO-8859-1 ;;
        *) echo ANSI_X3.4-1968 ;;
      esac
      """;

  @TempDir Path root;

  private Path bin;
  private Path jdk;

  @BeforeEach
  void createTree() throws IOException {
    script(root.resolve("graft"), Files.readString(Path.of("graft")));
    bin = Files.createDirectory(root.resolve("bin"));
    jdk = root.resolve("jdk");
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), JAVA);
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
  }

  @ParameterizedTest
  @CsvSource({
    // The locale is installed.
    "LANG=en_US.UTF-8, C POSIX en_US.utf8, not set",
    "LC_ALL=C.UTF-8, C C.utf8 POSIX, C.UTF-8",
    // It is named but not installed, as in a slim container.
    "LANG=en_US.UTF-8, C C.utf8 POSIX, C.UTF-8",
    "LC_ALL=en_US.UTF-8, C C.utf8 POSIX, C.UTF-8",
    "LC_CTYPE=de_DE.UTF-8, C C.utf8 POSIX, C.UTF-8",
    // There is none, or it is in another character set.
    "NONE=x, C C.utf8 POSIX, C.UTF-8",
    "LC_ALL=POSIX, C C.utf8 POSIX, C.UTF-8",
    "LC_ALL=C, C C.utf8 POSIX, C.UTF-8",
    "LANG=de_DE.ISO-8859-1, C C.utf8 de_DE.ISO-8859-1, C.UTF-8",
    // C.UTF-8 is not installed, as on older systems.
    "LC_ALL=C, C POSIX en_US.utf8, en_US.UTF-8",
    "LC_ALL=C, C POSIX de_AT.utf8 zh_CN.utf8, de_AT.utf8",
    // No such locale is installed: Java says what it cannot read.
    "LC_ALL=C, C POSIX, C",
    "LANG=en_US.UTF-8, C POSIX, not set",
  })
  void javaGetsAnInstalledLocale(String variable, String installed, String expected)
      throws Exception {
    script(bin.resolve("locale"), LOCALE);
    assertThat(run(bin + ":/usr/bin:/bin", variable, installed))
        .isEqualTo("LC_ALL is " + expected + "\n");
  }

  @ParameterizedTest
  @CsvSource({"LANG=POSIX, C.UTF-8", "LANG=de_DE.UTF-8, not set", "LC_ALL=de_DE.utf8, de_DE.utf8"})
  void nameOfTheLocaleDecidesWithoutTheCommand(String variable, String expected) throws Exception {
    for (String tool : new String[] {"sh", "sed", "dirname", "readlink", "uname", "env"}) {
      for (String folder : new String[] {"/bin/", "/usr/bin/"}) {
        if (Files.isExecutable(Path.of(folder + tool)) && !Files.exists(bin.resolve(tool))) {
          Files.createSymbolicLink(bin.resolve(tool), Path.of(folder + tool));
        }
      }
    }
    assertThat(run(bin.toString(), variable, "")).isEqualTo("LC_ALL is " + expected + "\n");
  }

  @Test
  void systemsOwnLocaleIsInUtf8() throws Exception {
    String out = run("/usr/bin:/bin", "LC_ALL=no_SUCH.UTF-8", "");
    assertThat(out).matches("LC_ALL is .*(?i)utf-?8\n");
  }

  private String run(String path, String variable, String installed) throws Exception {
    Path out = root.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(root.resolve("graft").toString(), "--version")
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", path);
    builder.environment().put("INSTALLED", installed);
    builder.environment().put("JAVA_HOME", jdk.toString());
    int equals = variable.indexOf('=');
    builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readString(out);
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
