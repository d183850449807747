package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Compares {@code docs/command-line.md} with the commands: names, options, defaults, keys. */
class CommandLinePageTest {

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--?[a-z][a-z0-9-]*");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(--[a-z-]+) [^|]*(?:\\\\\\|[^|]*)*\\| ([^|]*) \\|");

  private static final Map<String, String> SECTIONS = new HashMap<>();

  @BeforeAll
  static void readPage() throws IOException {
    String page = Files.readString(Path.of("docs/command-line.md"));
    for (String section : page.split("(?m)^## ", -1)) {
      SECTIONS.put(section.lines().findFirst().orElse(""), section);
    }
  }

  static Stream<CommandLine> commands() {
    return leaves(new CommandLine(new Main()));
  }

  private static Stream<CommandLine> leaves(CommandLine command) {
    return command.getSubcommands().isEmpty()
        ? Stream.of(command)
        : command.getSubcommands().values().stream().flatMap(CommandLinePageTest::leaves);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void namesTheOptionsOfEachCommand(CommandLine command) {
    Set<String> documented = new TreeSet<>();
    Matcher matcher = OPTION.matcher(withoutExamples(section(command)));
    while (matcher.find()) {
      documented.add(matcher.group());
    }

    assertThat(documented).isEqualTo(command.getCommandSpec().optionsMap().keySet());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void namesTheDefaultOfEachOption(CommandLine command) throws Exception {
    Map<String, String> documented = new HashMap<>();
    Matcher matcher = ROW.matcher(section(command));
    while (matcher.find()) {
      documented.put(matcher.group(1), matcher.group(2).strip().replace("`", ""));
    }
    for (OptionSpec option : command.getCommandSpec().options()) {
      String name = option.longestName();
      String defaultValue = defaultValue(command, option);
      // An option of an exclusive group counts as required within the group.
      if (option.required() && option.group() == null) {
        assertThat(documented.get(name)).as(name).isEqualTo("required");
      } else if (defaultValue != null && option.arity().max() > 0) {
        assertThat(documented.get(name)).as(name).isEqualTo(defaultValue);
      }
    }
  }

  /** Returns the default of an option. The command's provider overrides the option. */
  private static String defaultValue(CommandLine command, OptionSpec option) throws Exception {
    CommandLine.IDefaultValueProvider own = command.getDefaultValueProvider();
    String value = own == null ? null : own.defaultValue(option);
    return value == null ? option.defaultValue() : value;
  }

  @Test
  void optionIsDeclaredOnceUnlessItsValuesDiffer() {
    Map<String, Set<Object>> declarations = new HashMap<>();
    commands()
        .flatMap(command -> command.getCommandSpec().options().stream())
        .forEach(
            option ->
                declarations
                    .computeIfAbsent(option.longestName(), name -> new HashSet<>())
                    .add(option.userObject()));
    declarations.values().removeIf(fields -> fields.size() == 1);

    assertThat(declarations.keySet()).containsExactlyInAnyOrder("--out", "--weights", "--cache");
  }

  @Test
  void namesEveryCommand() {
    List<String> names =
        commands().map(command -> command.getCommandSpec().qualifiedName()).toList();

    assertThat(names).isNotEmpty();
    assertThat(SECTIONS.keySet().stream().filter(title -> title.startsWith("graft ")))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  @Test
  void namesTheJsonKeysThatToolsRead() {
    assertThat(SECTIONS.get("graft train"))
        .contains(
            "`top1`",
            "`loss`",
            "`history`",
            "`epoch`",
            "`train_loss`",
            "`train_top1`",
            "`validation_loss`",
            "`validation_top1`",
            "`learning_rate`",
            "`images`",
            "`skipped`",
            "`classes`",
            "`feature_rows_computed`",
            "`feature_rows_reused`",
            "`extract_images_per_second`",
            "`device`",
            "`precision`",
            "`seconds`",
            "`total`",
            "`extract`",
            "`train`",
            "`model`");
  }

  private static String section(CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    assertThat(SECTIONS).containsKey(name);
    return SECTIONS.get(name);
  }

  private static String withoutExamples(String section) {
    return section.replaceAll("(?ms)^```.*?^```$", "");
  }
}
