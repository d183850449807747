package io.graft.fetch;

import io.graft.fetch.FetchSettings.RetryPolicy;
import io.graft.fetch.FileDigest.Algorithm;
import io.graft.runtime.Progress;
import io.graft.runtime.WeightsException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/**
 * A program that fetches one file and prints its notes, for tests that need another process. It
 * prints {@code FETCHED} and exits with 0, or prints the error and exits with 4.
 */
final class FetchChild {

  private FetchChild() {}

  /** Arguments: folder, address, SHA-256, size, and "env" to use the proxies of the environment. */
  public static void main(String[] arguments) {
    PublishedFile published =
        new PublishedFile(
            URI.create(arguments[1]),
            FetchFixture.NAME,
            OptionalLong.of(Long.parseLong(arguments[3])),
            new FileDigest(Algorithm.SHA256, arguments[2]));
    UnaryOperator<String> noProxies = name -> name.equals("no_proxy") ? "*" : null;
    UnaryOperator<String> environment = arguments[4].equals("env") ? System::getenv : noProxies;
    FetchSettings settings =
        new FetchSettings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            new RetryPolicy(3, Duration.ofMillis(2), Duration.ofMillis(10), Long.MAX_VALUE),
            new EnvironmentProxies(environment),
            Optional.empty(),
            folder -> FetchFixture.PLENTY_BYTES);
    Progress progress =
        new Progress() {
          @Override
          public void advanced(Phase phase, long bytesDone, long bytesTotal) {}

          @Override
          public void note(String line) {
            System.out.println("NOTE " + line);
          }
        };
    try {
      new WeightCache(Path.of(arguments[0]), settings)
          .fetch(published, FetchOptions.defaults(), progress);
      System.out.println("FETCHED");
    } catch (WeightsException e) {
      System.out.println(e.getMessage());
      System.exit(4);
    }
  }

  /**
   * Starts the program.
   *
   * @param output the file for its output
   * @param javaOptions options of its Java virtual machine
   * @param environment additional environment variables
   */
  static Process start(
      Path folder,
      PublishedFile published,
      Path output,
      List<String> javaOptions,
      Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(javaOptions);
    command.addAll(
        List.of(
            "-cp",
            location(WeightCache.class)
                + System.getProperty("path.separator")
                + location(FetchChild.class),
            FetchChild.class.getName(),
            folder.toString(),
            published.address().toString(),
            published.digest().hex(),
            Long.toString(published.sizeBytes().orElseThrow()),
            environment.isEmpty() ? "direct" : "env"));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static Path location(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return Path.of(URI.create(source.getLocation().toString()));
  }
}
