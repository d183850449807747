package io.graft.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Java program of its own process, with the class path of the tests. */
public final class JavaProcess {

  private JavaProcess() {}

  /** What a program came to. */
  public record Result(int exitCode, String out, String err) {}

  /**
   * Runs a program to its end.
   *
   * @param folder where it runs
   * @param variables added to the environment
   * @param classes before the class path of the tests
   * @param command main class and arguments, after options of the virtual machine
   */
  public static Result run(
      Path folder, Map<String, String> variables, Path classes, String... command)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    ProcessBuilder builder =
        builder(folder, variables, classes, command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Process process = builder.start();
    try {
      int exitCode = process.waitFor();
      return new Result(exitCode, Files.readString(out), Files.readString(err));
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /** A program to start; see {@link #run}. */
  public static ProcessBuilder builder(
      Path folder, Map<String, String> variables, Path classes, String... command) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("-Djava.awt.headless=true");
    words.add("-Xmx1g");
    // Programs of a few seconds: the optimizing compiler would cost more than it gains.
    words.add("-XX:TieredStopAtLevel=1");
    words.add("-XX:+UseSerialGC");
    words.add("-cp");
    words.add(classes + File.pathSeparator + System.getProperty("java.class.path"));
    words.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
    builder.environment().putAll(variables);
    return builder;
  }
}
