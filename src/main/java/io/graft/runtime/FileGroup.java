package io.graft.runtime;

import io.graft.runtime.DurableFiles.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes several files of one folder that belong together. All of them are whole on the disk before
 * the first file of an earlier group is replaced. Their last file is removed first and appears
 * last. So where it exists, the others are of the same group.
 */
public final class FileGroup {

  private FileGroup() {}

  /**
   * Writes the files.
   *
   * @param files the contents; the last file is the one whose presence says that all are there
   * @param stale files of an earlier group to remove, which need not exist
   * @throws OutputException if a file cannot be written, and then the files of an earlier group are
   *     unchanged, or the last file is absent; also if another process writes the same files now
   */
  public static void write(Map<Path, Content> files, List<Path> stale) {
    Map<Path, Path> temporaries = new LinkedHashMap<>();
    Path current = null;
    try {
      for (Map.Entry<Path, Content> file : files.entrySet()) {
        current = file.getKey();
        Path temporary = DurableFiles.temporarySibling(current);
        temporaries.put(current, temporary);
        Files.createDirectories(temporary.getParent());
        file.getValue().writeTo(temporary);
        DurableFiles.sync(temporary);
      }
      publish(temporaries, current, stale);
    } catch (IOException e) {
      throw DurableFiles.cannotWrite(current, e);
    } finally {
      temporaries.values().forEach(DurableFiles::removeTemporary);
    }
  }

  private static void publish(Map<Path, Path> temporaries, Path last, List<Path> stale)
      throws IOException {
    Map<Path, Optional<Object>> written = new LinkedHashMap<>();
    stale.forEach(file -> written.put(file, Optional.empty()));
    for (Map.Entry<Path, Path> each : temporaries.entrySet()) {
      written.put(each.getKey(), identity(each.getValue()));
    }
    Path folder = last.toAbsolutePath().getParent();
    Files.deleteIfExists(last);
    DurableFiles.syncFolder(folder);
    for (Path file : stale) {
      Files.deleteIfExists(file);
    }
    for (Map.Entry<Path, Path> each : temporaries.entrySet()) {
      if (each.getKey().equals(last)) {
        DurableFiles.syncFolder(folder);
      }
      DurableFiles.moveAtomically(each.getValue(), each.getKey());
    }
    DurableFiles.syncFolder(folder);
    // Of several processes, the one whose last file appears last sees what all of them have left.
    for (Map.Entry<Path, Optional<Object>> each : written.entrySet()) {
      if (!identity(each.getKey()).equals(each.getValue())) {
        Files.deleteIfExists(last);
        throw new IOException("another process writes " + each.getKey() + " at the same time");
      }
    }
  }

  /** Returns what tells a file from others even after it was renamed; empty if there is none. */
  private static Optional<Object> identity(Path file) throws IOException {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return Optional.of(key == null ? "a system without keys" : key);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
