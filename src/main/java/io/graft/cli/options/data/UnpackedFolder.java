package io.graft.cli.options.data;

import io.graft.runtime.FileFailure;
import io.graft.runtime.OutputException;
import io.graft.runtime.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder of what was in an archive. A hidden file in it says how many files there are, their
 * bytes, and a sum over their names, sizes and times. So a folder from which something was removed,
 * or in which something was changed, is not taken for the archive.
 */
record UnpackedFolder(Path folder) {

  /** The name of the hidden file. */
  static final String SUMMARY = ".graft-unpacked";

  /** Writes the hidden file when all others are there. */
  static void seal(Path folder) throws IOException {
    String summary = summary(folder);
    Files.writeString(folder.resolve(SUMMARY), summary);
  }

  /** Returns whether the folder exists and still holds what it held when it was sealed. */
  boolean isWhole() {
    try {
      Path sealed = folder.resolve(SUMMARY);
      return Files.isRegularFile(sealed) && Files.readString(sealed).equals(summary(folder));
    } catch (IOException e) {
      return false;
    }
  }

  /** Throws if the folder is not whole. */
  void requireWhole() {
    if (!isWhole()) {
      throw new OutputException(
          "The folder %s does not hold what was unpacked to it, and cannot be replaced. Remove it."
              .formatted(folder));
    }
  }

  /** Enters a folder as long as it holds nothing but one folder, which holds folders itself. */
  Path inner() throws IOException {
    return inner(folder);
  }

  private static Path inner(Path folder) throws IOException {
    List<Path> children = children(folder);
    return children.size() == 1 && children(children.get(0)).stream().anyMatch(Files::isDirectory)
        ? inner(children.get(0))
        : folder;
  }

  private static List<Path> children(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(child -> !child.getFileName().toString().startsWith(".")).toList();
    }
  }

  private static String summary(Path folder) throws IOException {
    long[] sums = new long[3];
    Path own = folder.resolve(SUMMARY);
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(path -> !path.equals(own) && !Files.isDirectory(path))
          .forEach(file -> add(folder, file, sums));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return String.format(Locale.ROOT, "%d files, %d bytes, %016x\n", sums[0], sums[1], sums[2]);
  }

  private static void add(Path folder, Path file, long[] sums) {
    try {
      BasicFileAttributes state = Files.readAttributes(file, BasicFileAttributes.class);
      String line =
          String.format(
              Locale.ROOT,
              "%s\n%d\n%d",
              folder.relativize(file),
              state.size(),
              state.lastModifiedTime().toMillis());
      sums[0]++;
      sums[1] += state.size();
      // A sum does not depend on the order, which systems choose.
      sums[2] += ByteBuffer.wrap(new Sha256().add(line).bytes()).getLong();
    } catch (IOException e) {
      throw new UncheckedIOException(FileFailure.reason(e), e);
    }
  }
}
