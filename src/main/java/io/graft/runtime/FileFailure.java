package io.graft.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Explains in words why a file could not be used. */
public final class FileFailure {

  private FileFailure() {}

  /** Returns the reason for a failure, such as {@code permission denied for a.txt}. */
  public static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException missing) {
      return "there is no " + missing.getFile();
    } else if (failure instanceof AccessDeniedException denied) {
      return "permission denied for " + denied.getFile() + closedParent(denied.getFile());
    } else if (failure instanceof FileAlreadyExistsException existing) {
      return existing.getFile() + " exists already";
    } else if (failure instanceof NotDirectoryException file) {
      return file.getFile() + " is not a folder";
    } else if (failure instanceof FileSystemException other && other.getReason() != null) {
      return other.getReason();
    }
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  /** Names the folder that keeps a path out of reach, if it is not the path itself. */
  private static String closedParent(String file) {
    try {
      Path parent = Path.of(file).toAbsolutePath().getParent();
      while (parent != null && !isReached(parent)) {
        parent = parent.getParent();
      }
      return parent == null || isReached(parent.resolve("."))
          ? ""
          : " (the folder " + parent + " may not be entered)";
    } catch (RuntimeException e) {
      // The message is complete without the folder.
      return "";
    }
  }

  private static boolean isReached(Path path) {
    try {
      Files.readAttributes(path, BasicFileAttributes.class);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
