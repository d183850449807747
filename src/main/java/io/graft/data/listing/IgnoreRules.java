package io.graft.data.listing;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Decides which files and folders a listing passes over without a look into them. */
public final class IgnoreRules {

  /**
   * What file servers, archives and systems leave in folders, in lower case: Synology, QNAP, macOS,
   * ext4, Windows and Python. They hold copies of images, or may not be read.
   */
  private static final Set<String> LEFT_BY_SYSTEMS =
      Set.of(
          "@eadir",
          "#recycle",
          "#snapshot",
          "@recycle",
          "@recently-snapshot",
          "__macosx",
          "icon\r",
          "lost+found",
          "$recycle.bin",
          "system volume information",
          "thumbs.db",
          "ehthumbs.db",
          "desktop.ini",
          "__pycache__");

  private final FileSystem files;
  private final List<PathMatcher> names = new ArrayList<>();
  private final List<PathMatcher> paths = new ArrayList<>();

  /**
   * Creates the rules.
   *
   * @param files where the paths are
   * @param patterns what to pass over besides: globs as in {@code ListingOptions}
   */
  public IgnoreRules(FileSystem files, List<String> patterns) {
    this.files = files;
    for (String pattern : patterns) {
      String trimmed = pattern.replaceFirst("^(\\./|/)+", "").replaceFirst("/+$", "");
      boolean anchored = pattern.startsWith("/") || trimmed.contains("/");
      (anchored ? paths : names).add(files.getPathMatcher("glob:" + trimmed));
      if (trimmed.startsWith("**/")) {
        // Java's ** does not match nothing.
        String rest = trimmed.substring("**/".length());
        (rest.contains("/") ? paths : names).add(files.getPathMatcher("glob:" + rest));
      }
    }
  }

  /** Returns whether to pass over an entry of a folder. Does not look at the file system. */
  public boolean ignores(Path entry, String relativePath) {
    return isHidden(entry)
        || LEFT_BY_SYSTEMS.contains(entry.getFileName().toString().toLowerCase(Locale.ROOT))
        || matches(relativePath);
  }

  /** Returns whether a pattern matches a path or a folder that it goes through. */
  public boolean ignoresRow(String relativePath) {
    for (int end = relativePath.indexOf('/'); end >= 0; end = relativePath.indexOf('/', end + 1)) {
      if (end > 0 && matches(relativePath.substring(0, end))) {
        return true;
      }
    }
    return matches(relativePath);
  }

  private boolean matches(String relativePath) {
    if (names.isEmpty() && paths.isEmpty()) {
      return false;
    }
    Path path = files.getPath(relativePath.replaceFirst("^/", ""));
    return names.stream().anyMatch(name -> name.matches(path.getFileName()))
        || paths.stream().anyMatch(whole -> whole.matches(path));
  }

  private static boolean isHidden(Path entry) {
    try {
      return entry.getFileName().toString().startsWith(".") || Files.isHidden(entry);
    } catch (IOException e) {
      return false;
    }
  }
}
