package io.graft.data;

import java.nio.file.Path;

/** Paths as they are compared and shown: relative to a folder, the same on every platform. */
final class RelativePaths {

  private RelativePaths() {}

  /** The path below the folder with {@code /} between names; outside of it, the absolute path. */
  static String of(Path folder, Path path) {
    Path base = folder.toAbsolutePath().normalize();
    Path absolute = path.toAbsolutePath().normalize();
    Path shown = absolute.startsWith(base) ? base.relativize(absolute) : absolute;
    return shown.toString().replace(path.getFileSystem().getSeparator(), "/");
  }
}
