package io.graft.data;

import java.nio.file.Path;

/** Makes paths relative to a folder, with the same text on every platform. */
final class RelativePaths {

  private RelativePaths() {}

  /**
   * Returns the path below the folder, with {@code /} between names; elsewhere the absolute path.
   */
  static String of(Path folder, Path path) {
    Path base = folder.toAbsolutePath().normalize();
    Path absolute = path.toAbsolutePath().normalize();
    Path shown = absolute.startsWith(base) ? base.relativize(absolute) : absolute;
    return shown.toString().replace(path.getFileSystem().getSeparator(), "/");
  }
}
