package io.graft;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that the packages, files and types named in docs exist in the sources. */
class DesignPageTest {

  private static final Path SOURCES = Path.of("src", "main", "java", "io", "graft");
  private static final Path PAGE = Path.of("docs", "design.md");

  private static final Pattern NAME = Pattern.compile("`([^`]+)`");
  private static final Pattern FILE = Pattern.compile("`([\\w/]+\\.java)`");
  private static final Pattern TYPE = Pattern.compile("`([a-z]+(?:\\.[a-z]+)*)\\.([A-Z]\\w*)");

  /** Returns the text from a heading to the next heading of the same level. */
  private static String section(String heading) throws IOException {
    String page = Files.readString(PAGE);
    int start = page.indexOf("\n## " + heading + "\n");
    assertThat(start).as(heading).isPositive();
    int end = page.indexOf("\n## ", start + 1);
    return page.substring(start, end);
  }

  @Test
  void tableOfRoomsNamesEveryPackage() throws IOException {
    Set<String> named =
        section("The rooms")
            .lines()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.substring(0, line.indexOf('|', 1)))
            .flatMap(cell -> NAME.matcher(cell).results().map(match -> match.group(1)))
            .collect(toCollection(TreeSet::new));
    Set<String> packages = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(file -> file.endsWith("package-info.java"))
          .map(file -> SOURCES.relativize(file.getParent()).toString().replace('/', '.'))
          .filter(name -> !name.isEmpty())
          .forEach(packages::add);
    }
    assertThat(named).isEqualTo(packages);
  }

  @Test
  void filesOfTheMainJobExist() throws IOException {
    List<String> files =
        FILE.matcher(section("The main job, file by file"))
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(files).hasSizeGreaterThan(10).doesNotHaveDuplicates();
    assertThat(files).allSatisfy(file -> assertThat(SOURCES.resolve(file)).exists());
  }

  @Test
  void typesNamedOnPagesExist() throws IOException {
    try (Stream<Path> pages = Files.list(PAGE.getParent())) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).toList()) {
        assertThat(TYPE.matcher(Files.readString(page)).results().toList())
            .as(page.toString())
            .allSatisfy(DesignPageTest::exists);
      }
    }
  }

  private static void exists(MatchResult type) {
    Path room = SOURCES.resolve(type.group(1).replace('.', '/'));
    if (Files.isDirectory(room)) {
      assertThat(room.resolve(type.group(2) + ".java")).exists();
    }
  }
}
