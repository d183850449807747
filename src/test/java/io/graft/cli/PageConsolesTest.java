package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.TinyPictures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the examples of {@code docs/command-line.md} that need no network and no large images.
 * Compares their output line by line. Numbers, precisions and quoted classes may differ.
 */
class PageConsolesTest {

  @TempDir static Path root;

  /** The parts of a line that may differ, and single characters that may not. */
  private static final Pattern VARIABLE =
      Pattern.compile(
          "[.]{3}|/home/\\S+| +|'\\w+'|int8|fp32|present|[KM]?i?B\\b|[0-9][0-9a-f.,]*|.");

  private static String page;

  @BeforeAll
  static void prepare() throws Exception {
    page = Files.readString(Path.of("docs/command-line.md"));
    Path flowers = root.resolve("flowers");
    TinyPictures.draw(flowers.resolve("train"), 6, 1, "rose", "tulip");
    // The classes are swapped, so that the model confuses them.
    TinyPictures.draw(flowers.resolve("val"), 3, 2, "tulip", "rose");
    Files.writeString(flowers.resolve("train/rose/zz.jpg"), "not an image");
    Files.writeString(flowers.resolve("train/rose/notes.txt"), "not an image");
    // The digest of a file is kept only if its last change is more than two seconds ago.
    Thread.sleep(2_500);
  }

  @ParameterizedTest
  @CsvSource({
    "train --data flowers --out flowers-model --epoch 3, ''",
    "draw, ''",
    "zoo list, ''",
    "zoo verify, ''",
  })
  void exampleShowsTheOutput(String command, String more) {
    compare(command, more);
  }

  @Test
  void cacheExamplesShowTheOutputAfterTraining() {
    String cache = " --cache " + root.resolve("features");
    compare("train --data flowers/train", cache + " --device cpu --precision fp32 --image-size 32");
    compare("cache list", cache);
    compare("cache verify", cache);
    compare("cache prune", cache);
  }

  private static void compare(String command, String more) {
    Matcher console =
        Pattern.compile(
                "(?ms)^```text\\n\\$ graft (" + Pattern.quote(command) + ".*?)\\n(.*?)^```$")
            .matcher(page);
    assertThat(console.find()).as("a console of graft " + command).isTrue();
    Object[] words =
        Arrays.stream((console.group(1) + more).split(" "))
            .map(word -> word.matches("(flowers|drawn).*") ? root.resolve(word) : word)
            .toArray();

    Cli cli = Cli.run(words);

    List<String> lines =
        Stream.concat(cli.err().lines(), cli.out().lines())
            .map(line -> line.replace(root + "/", ""))
            .toList();
    String expected =
        console.group(2).lines().map(PageConsolesTest::pattern).collect(Collectors.joining("\n"));
    assertThat(String.join("\n", lines)).containsPattern("(?m)^" + expected + "$");
  }

  /** Returns a pattern for a line of a console; a line of three dots matches any lines. */
  private static String pattern(String line) {
    if (line.equals("...")) {
      return "(?s:.*?)";
    }
    return VARIABLE
        .matcher(line)
        .replaceAll(part -> Matcher.quoteReplacement(replacement(part.group())));
  }

  private static String replacement(String part) {
    if (part.equals("...") || part.startsWith("/home/")) {
      return ".*";
    } else if (part.isBlank()) {
      return " *";
    } else if (part.startsWith("'") && part.length() > 1) {
      return "'\\w+'";
    } else if (part.equals("B") || (part.length() > 1 && Character.isLetter(part.charAt(0)))) {
      return "\\w+";
    }
    return Character.isDigit(part.charAt(0)) ? "[0-9a-f.,]+" : part.replaceAll("(\\W)", "\\\\$1");
  }
}
