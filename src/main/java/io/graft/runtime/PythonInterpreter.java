package io.graft.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Asks the Python interpreters on the PATH where they import packages from. */
final class PythonInterpreter {

  private static final long TIME_OUT_SECONDS = 10;

  // A site customisation may print other lines, so each of our lines is marked.
  private static final String MARK = "graft-path:";

  private static final String PROGRAM =
      "import sys\nfor p in sys.path:\n  if p: print('" + MARK + "' + p)\n";

  private PythonInterpreter() {}

  /** Returns the folders that {@code python3} and {@code python} import from. Never throws. */
  static Set<Path> importFolders(HostEnvironment host) {
    Set<Path> folders = new LinkedHashSet<>();
    for (String name : List.of("python3", "python")) {
      onPath(host, name).ifPresent(python -> folders.addAll(ask(python)));
    }
    return folders;
  }

  private static Optional<Path> onPath(HostEnvironment host, String name) {
    String path = host.variable("PATH");
    if (path == null) {
      return Optional.empty();
    }
    String fileName = host.os() == HostEnvironment.Os.WINDOWS ? name + ".exe" : name;
    for (String folder : path.split(File.pathSeparator, -1)) {
      try {
        Path python = Path.of(folder).resolve(fileName);
        if (!folder.isEmpty() && Files.isExecutable(python) && !Files.isDirectory(python)) {
          return Optional.of(python.toAbsolutePath());
        }
      } catch (InvalidPathException e) {
        // Not a valid path, so it holds no Python.
      }
    }
    return Optional.empty();
  }

  private static List<Path> ask(Path python) {
    Path answer = null;
    Process process = null;
    try {
      // A file, not a pipe: a program that hangs, or its child that keeps the pipe open, could
      // block the read beyond the time-out.
      answer = Files.createTempFile("graft-python-", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(python.toString(), "-c", PROGRAM)
              .redirectInput(ProcessBuilder.Redirect.from(nothing()))
              .redirectOutput(answer.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("PYTHONIOENCODING", "utf-8:surrogateescape");
      process = builder.start();
      if (!process.waitFor(TIME_OUT_SECONDS, TimeUnit.SECONDS)) {
        return List.of();
      }
      return parse(new String(Files.readAllBytes(answer), StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } catch (IOException e) {
      return List.of();
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      if (answer != null) {
        DurableFiles.deleteQuietly(answer);
      }
    }
  }

  private static File nothing() {
    return new File(File.separatorChar == '/' ? "/dev/null" : "NUL");
  }

  private static List<Path> parse(String answer) {
    List<Path> folders = new ArrayList<>();
    for (String line : answer.lines().toList()) {
      if (line.startsWith(MARK)) {
        try {
          folders.add(Path.of(line.substring(MARK.length())));
        } catch (InvalidPathException e) {
          // Not every import path is a folder.
        }
      }
    }
    return folders;
  }
}
