package io.graft.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What is at a path. */
public enum FileKind {
  /** A regular file. */
  FILE,
  /** A folder. */
  FOLDER,
  /** A pipe, a device or a socket. */
  OTHER,
  /** Nothing, or a link to nothing. */
  MISSING;

  /**
   * Finds out what is at a path, after symbolic links. {@link Files#exists} and {@link
   * Files#isDirectory} answer no if the path is out of reach, so that a folder without permission
   * seems to be missing.
   *
   * @throws IOException if it cannot be found out, for example for lack of permission
   */
  public static FileKind of(Path path) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        return FOLDER;
      }
      return attributes.isRegularFile() ? FILE : OTHER;
    } catch (NoSuchFileException e) {
      return MISSING;
    } catch (AccessDeniedException e) {
      throw e;
    } catch (IOException e) {
      // Java has no exception class for a path below a file.
      Path parent = path.toAbsolutePath().getParent();
      if (parent != null && of(parent) != FOLDER) {
        return MISSING;
      }
      throw e;
    }
  }
}
