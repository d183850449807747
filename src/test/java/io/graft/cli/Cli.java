package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The result of running the program in this process. */
record Cli(int exitCode, String out, String err) {

  static Cli run(Object... arguments) {
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.run(words, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Cli(exitCode, out.toString(), err.toString());
  }

  /** Extracts the features of the first block with a small backbone, to the folder "out". */
  static Cli extract(Path data, Path root, Object... more) {
    Object[] words = {
      "extract",
      "--data",
      data,
      "--backbone",
      "vgg16_bn_small",
      "--image-size",
      32,
      "--boundary",
      "block1_pool",
      "--precision",
      "fp32",
      "--cache",
      root.resolve("cache"),
      "--json",
      "--out",
      root.resolve("out")
    };
    return run(Stream.of(words, more).flatMap(Stream::of).toArray());
  }

  /** Runs the program and checks that it succeeds. */
  static Cli succeed(Object... arguments) {
    Cli cli = run(arguments);
    assertThat(cli.exitCode).as(cli.err).isZero();
    return cli;
  }

  /** Returns the JSON object on standard output, and checks that nothing else is there. */
  JsonObject json() {
    assertThat(out.strip().lines()).as(out).hasSize(1);
    return JsonParser.parseString(out).getAsJsonObject();
  }

  /** Checks the exit code and parts of the message, and that standard output is empty. */
  void failsWith(int expectedExitCode, String... partsOfTheMessage) {
    assertThat(exitCode).as(err).isEqualTo(expectedExitCode);
    assertThat(err).contains("graft: ").contains(partsOfTheMessage);
    assertThat(err).doesNotContain("\tat ").doesNotContain("Exception in thread");
    assertThat(out).isEmpty();
  }
}
