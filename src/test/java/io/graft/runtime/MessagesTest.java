package io.graft.runtime;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.graft.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The library's messages use the terms of the API. Only the command line names its options. */
class MessagesTest {

  private static final Path SOURCES = Path.of("src", "main", "java", "io", "graft");

  private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.)*\"");
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][\\w-]*");
  private static final String OPTION_OF_PIP = "--force-reinstall";

  /** From the name of an exception to the end of the statement. */
  private static final Pattern EXCEPTION =
      Pattern.compile(
          "new (?:BadData|Device|Diverged|InvalidOption|Output|Weights)Exception\\(([^;]*);");

  private static final Pattern SETTING =
      Pattern.compile(",\\s*\"([a-z]+(?:-[a-z]+)*)\"(?=\\s*[,)])");

  private static final List<String> LIBRARY = new ArrayList<>();

  @BeforeAll
  static void read() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        if (!file.startsWith(SOURCES.resolve("cli"))) {
          LIBRARY.add(Files.readString(file));
        }
      }
    }
  }

  @Test
  void noLibraryMessageNamesACommandLineOption() {
    Set<String> options = new TreeSet<>();
    for (String source : LIBRARY) {
      TEXT.matcher(source)
          .results()
          .flatMap(text -> OPTION.matcher(text.group()).results())
          .forEach(option -> options.add(option.group()));
    }
    assertThat(options).containsExactly(OPTION_OF_PIP);
  }

  @Test
  void everySettingOfAnExceptionIsACommandLineOption() {
    Set<String> settings = new TreeSet<>();
    for (String source : LIBRARY) {
      Matcher exceptions = EXCEPTION.matcher(source);
      while (exceptions.find()) {
        SETTING.matcher(exceptions.group(1)).results().forEach(name -> settings.add(name.group(1)));
      }
    }
    Set<String> options =
        new CommandLine(new Main())
            .getSubcommands().values().stream()
                .flatMap(
                    command ->
                        Stream.concat(
                            Stream.of(command), command.getSubcommands().values().stream()))
                .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
                .map(option -> option.replaceFirst("^--", ""))
                .collect(toCollection(TreeSet::new));
    assertThat(settings).contains("weights", "learning-rate").isSubsetOf(options);
  }
}
