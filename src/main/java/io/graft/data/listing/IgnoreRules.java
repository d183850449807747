package io.graft.data.listing;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

  /** A choice in braces, one of which is a path. */
  private static final Pattern CHOICE_OF_PATHS =
      Pattern.compile("(?<![\\\\\\[])\\{([^{}]*/[^{}]*)\\}");

  private final FileSystem files;
  private final List<PathMatcher> names = new ArrayList<>();
  private final List<PathMatcher> paths = new ArrayList<>();

  /**
   * Creates the rules.
   *
   * @param files where the paths are
   * @param patterns what to pass over besides: globs as in {@code ListingOptions}
   * @throws java.util.regex.PatternSyntaxException if a pattern is not a glob
   */
  public IgnoreRules(FileSystem files, List<String> patterns) {
    this.files = files;
    for (String pattern : patterns) {
      String trimmed = trimmed(pattern);
      (isAnchored(pattern) ? paths : names).add(files.getPathMatcher("glob:" + trimmed));
      if (trimmed.startsWith("**/")) {
        // Java's ** does not match nothing.
        String rest = trimmed.substring("**/".length());
        (rest.contains("/") ? paths : names).add(files.getPathMatcher("glob:" + rest));
      }
    }
  }

  /** Returns patterns that match in a subfolder of the root what the given ones match there. */
  public static List<String> below(List<String> patterns, String subfolder) {
    FileSystem system = FileSystems.getDefault();
    Path folder = system.getPath(subfolder);
    List<String> below = new ArrayList<>();
    for (String pattern : patterns) {
      if (!isAnchored(pattern) || trimmed(pattern).startsWith("**")) {
        below.add(pattern);
        continue;
      }
      choices(trimmed(pattern))
          .forEach(
              path -> {
                // A path of one name stands for the subfolder itself.
                int slash = path.indexOf('/');
                if (slash > 0
                    && system.getPathMatcher("glob:" + path.substring(0, slash)).matches(folder)) {
                  below.add(path.substring(slash));
                }
              });
    }
    return below;
  }

  /** Returns whether a pattern is one of paths from the root, rather than of names. */
  private static boolean isAnchored(String pattern) {
    return pattern.startsWith("/") || trimmed(pattern).contains("/");
  }

  private static String trimmed(String pattern) {
    return pattern.replaceFirst("^(\\./|/)+", "").replaceFirst("/+$", "");
  }

  /** Returns globs without paths in braces that together match what the given one matches. */
  private static Stream<String> choices(String glob) {
    Matcher choice = CHOICE_OF_PATHS.matcher(glob);
    if (!choice.find()) {
      return Stream.of(glob);
    }
    String before = glob.substring(0, choice.start());
    String after = glob.substring(choice.end());
    return Stream.of(choice.group(1).split(",", -1)).flatMap(one -> choices(before + one + after));
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
