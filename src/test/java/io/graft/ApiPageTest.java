package io.graft;

import static org.assertj.core.api.Assertions.assertThat;

import io.graft.testing.JavaProcess;
import io.graft.testing.TinyPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles and runs every Java block of {@code docs/api.md}, in order, in one process. The test
 * replaces VGG16 with the small backbone, which needs no download.
 */
class ApiPageTest {

  private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\n(.*?)^```$");

  /** VGG16, except where a weights file names another backbone. */
  private static final Pattern BACKBONE = Pattern.compile("\\bvgg16\"(?!, trained)");

  @TempDir Path root;

  @Test
  @Timeout(180)
  void everyBlockRuns() throws Exception {
    List<String> blocks = blocks(Files.readString(Path.of("docs/api.md")));
    assertThat(blocks).hasSizeGreaterThan(5);
    Path classes = compile(blocks);
    TinyPictures.draw(root.resolve("flowers"), 4, 1, "rose", "tulip");
    TinyPictures.draw(root.resolve("flowers-validation"), 2, 2, "rose", "tulip");
    TinyPictures.draw(root.resolve("divided/train"), 4, 3, "rose", "tulip");
    TinyPictures.draw(root.resolve("divided/test"), 1, 4, "rose", "tulip");
    Files.copy(root.resolve("flowers/rose/1.jpg"), root.resolve("rose.jpg"));

    JavaProcess.Result result =
        JavaProcess.run(
            root,
            Map.of("GRAFT_HOME", root.resolve("home").toString(), "GRAFT_OFFLINE", "1"),
            classes,
            "Page");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out().lines().filter(line -> line.startsWith("== block")))
        .hasSize(blocks.size());
    assertThat(result.out())
        .contains("rose/1.jpg is a rose")
        .contains("6 and 2")
        .contains("4 images, 0 files passed over")
        .contains("DataParts[6 training images, 2 validation images, 2 test images]")
        .contains("3 images of [rose, tulip]")
        .contains("[red, rose, tulip], the first has [0, 1]")
        .contains("EXTRACT 6 of 6")
        .contains("epoch 3: ")
        .contains("vgg11_bn.w0.0625.s32: 4 epochs")
        .contains("8 rows of (128, 3, 3)")
        .contains("(4, 128, 7, 7)")
        .contains("No such folder");
    assertThat(root.resolve("flowers-model/graft.json")).exists();
    assertThat(root.resolve("features.safetensors")).exists();
  }

  private static List<String> blocks(String page) {
    List<String> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(page);
    while (matcher.find()) {
      blocks.add(BACKBONE.matcher(matcher.group(1)).replaceAll("vgg16_bn_small\""));
    }
    return blocks;
  }

  private Path compile(List<String> blocks) throws IOException {
    Path sources = Files.createDirectories(root.resolve("sources"));
    Path classes = Files.createDirectories(root.resolve("classes"));
    StringBuilder main =
        new StringBuilder(
            "class Page {\n  public static void main(String[] a) throws Exception {\n");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString()));
    for (int i = 1; i <= blocks.size(); i++) {
      Path source = sources.resolve("Block" + i + ".java");
      Files.writeString(source, asClass("Block" + i, blocks.get(i - 1)));
      arguments.add(source.toString());
      main.append("    System.out.println(\"== block " + i + "\");\n    Block" + i + ".run();\n");
    }
    Files.writeString(sources.resolve("Page.java"), main + "  }\n}\n");
    arguments.add(sources.resolve("Page.java").toString());
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int status = compiler.run(null, null, null, arguments.toArray(String[]::new));
    assertThat(status).as("javac's exit status; its messages are on standard error").isZero();
    return classes;
  }

  private static String asClass(String name, String block) {
    StringBuilder imports = new StringBuilder();
    StringBuilder statements = new StringBuilder();
    block
        .lines()
        .forEach(
            line -> (line.startsWith("import ") ? imports : statements).append(line).append('\n'));
    return imports
        + "class "
        + name
        + " {\n  static void run() throws Exception {\n"
        + statements
        + "  }\n}\n";
  }
}
