package io.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What a run of the program in this process came to. */
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

  /** The same, for a run that is expected to end well. */
  static Cli succeed(Object... arguments) {
    Cli cli = run(arguments);
    assertThat(cli.exitCode).as(cli.err).isZero();
    return cli;
  }

  /** The one JSON object on standard output; fails if anything else is there. */
  JsonObject json() {
    assertThat(out.strip().lines()).as(out).hasSize(1);
    return JsonParser.parseString(out).getAsJsonObject();
  }

  /** Holds a failed run to its exit code and to parts of its message, and to nothing on stdout. */
  void failsWith(int expectedExitCode, String... partsOfTheMessage) {
    assertThat(exitCode).as(err).isEqualTo(expectedExitCode);
    assertThat(err).contains("graft: ").contains(partsOfTheMessage);
    assertThat(err).doesNotContain("\tat ").doesNotContain("Exception in thread");
    assertThat(out).isEmpty();
  }
}
