package io.graft.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Python package {@code torch} on this machine. Its shared libraries are a CUDA libtorch that
 * DJL's native bridge can use if the version is the same.
 *
 * @param folder the package's folder, which holds {@code version.py} and {@code lib}
 * @param version the package's version, such as {@code 2.7.1+cu126}
 * @param cudaVersion the CUDA version, such as {@code 12.6}; empty if built without CUDA
 */
record PythonTorch(Path folder, String version, Optional<String> cudaVersion) {

  private static final Pattern VERSION =
      Pattern.compile("^__version__\\s*=\\s*['\"]([^'\"]+)['\"]", Pattern.MULTILINE);
  private static final Pattern CUDA =
      Pattern.compile("^cuda[^=\\n]*=\\s*['\"]([^'\"]+)['\"]", Pattern.MULTILINE);

  private static final long TIME_OUT_SECONDS = 10;

  // Python's start-up scripts may print other lines, so ours are marked.
  private static final String MARK = "graft-path:";

  private static final String PROGRAM =
      "import sys\nfor p in sys.path:\n  if p: print('" + MARK + "' + p)\n";

  /** Returns the folder of the shared libraries. */
  Path libraries() {
    return folder.resolve("lib");
  }

  /** Returns the version without its build tag: {@code 2.7.1} for {@code 2.7.1+cu126}. */
  String release() {
    return version.replaceFirst("\\+.*", "");
  }

  /** Returns the folder of the CUDA runtime's shared library, if this package has one. */
  Optional<Path> cudaRuntimeFolder() {
    return Stream.of(
            folder.resolveSibling("nvidia/cuda_runtime/lib"),
            libraries(),
            // Conda keeps it in the environment's lib folder, three levels above this package.
            folder.resolve("../../..").normalize())
        .filter(PythonTorch::holdsCudaRuntime)
        .findFirst();
  }

  private static boolean holdsCudaRuntime(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "libcudart.so*")) {
      return files.iterator().hasNext();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns all torch packages that can be found, the preferred one first. If {@code GRAFT_TORCH}
   * is set, looks only there. Otherwise, looks in the active virtual environment, the active Conda
   * environment and the import paths of {@code python3} and {@code python}.
   */
  static List<PythonTorch> findAll(HostEnvironment host) {
    List<Path> folders = new ArrayList<>();
    String named = host.variable("GRAFT_TORCH");
    if (named != null) {
      toPath(named)
          .ifPresent(
              folder -> {
                folders.add(folder);
                folders.add(folder.resolve("torch"));
                if (folder.getParent() != null) {
                  folders.add(folder.getParent());
                }
                addEnvironment(folders, folder);
              });
    } else {
      for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
        String prefix = host.variable(variable);
        if (prefix != null) {
          toPath(prefix).ifPresent(folder -> addEnvironment(folders, folder));
        }
      }
      for (Path sitePackages : importFolders(host)) {
        folders.add(sitePackages.resolve("torch"));
      }
    }
    return folders.stream()
        .map(PythonTorch::real)
        .distinct()
        .map(PythonTorch::open)
        .flatMap(Optional::stream)
        .toList();
  }

  private static void addEnvironment(List<Path> folders, Path prefix) {
    folders.add(prefix.resolve("Lib/site-packages/torch"));
    try (DirectoryStream<Path> pythons =
        Files.newDirectoryStream(prefix.resolve("lib"), "python3*")) {
      List<Path> sorted = new ArrayList<>();
      pythons.forEach(sorted::add);
      sorted.sort(null);
      sorted.forEach(python -> folders.add(python.resolve("site-packages/torch")));
    } catch (IOException e) {
      // The folder does not have the layout of an environment on this system.
    }
  }

  private static Optional<Path> toPath(String text) {
    try {
      return Optional.of(Path.of(text).toAbsolutePath().normalize());
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Path real(Path folder) {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      return folder;
    }
  }

  private static Optional<PythonTorch> open(Path folder) {
    Path file = folder.resolve("version.py");
    try {
      if (!Files.isDirectory(folder.resolve("lib")) || Files.size(file) > 65_536) {
        return Optional.empty();
      }
      String text = Files.readString(file, StandardCharsets.UTF_8);
      Matcher version = VERSION.matcher(text);
      if (!version.find()) {
        return Optional.empty();
      }
      Matcher cuda = CUDA.matcher(text);
      return Optional.of(
          new PythonTorch(
              folder,
              version.group(1),
              cuda.find() ? Optional.of(cuda.group(1)) : Optional.empty()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Returns the folders that {@code python3} and {@code python} on the PATH import from. */
  private static Set<Path> importFolders(HostEnvironment host) {
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
      // A file, not a pipe: reading a pipe could block beyond the time-out, if Python hangs or a
      // child process keeps the pipe open.
      answer = Files.createTempFile("graft-python-", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(python.toString(), "-c", PROGRAM)
              .redirectInput(
                  ProcessBuilder.Redirect.from(
                      new File(File.separatorChar == '/' ? "/dev/null" : "NUL")))
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
