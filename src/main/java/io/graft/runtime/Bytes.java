package io.graft.runtime;

import java.util.Locale;

/** Formats sizes in bytes for people. */
public final class Bytes {

  private static final String PREFIXES = "KMGT";

  private Bytes() {}

  /** Returns a size in binary units, such as {@code 34.2 MiB}. */
  public static String text(long bytes) {
    double size = bytes;
    int prefix = -1;
    while (size >= 1024 && prefix < PREFIXES.length() - 1) {
      size /= 1024;
      prefix++;
    }
    return prefix < 0
        ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %siB", size, PREFIXES.charAt(prefix));
  }
}
