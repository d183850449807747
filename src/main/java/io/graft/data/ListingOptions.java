package io.graft.data;

import io.graft.data.listing.FolderScan;
import io.graft.data.listing.IgnoreRules;
import io.graft.runtime.BadDataException;
import io.graft.runtime.InvalidOptionException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.PatternSyntaxException;

/**
 * How to list the images of a folder or a table.
 *
 * @param table how a table is written
 * @param ignore patterns of files and folders to pass over, in the glob syntax of {@link
 *     FileSystem#getPathMatcher}. A pattern without {@code /} matches a name at any depth; one with
 *     {@code /} matches a path relative to the folder, or to where a table's paths start
 */
public record ListingOptions(TableFormat table, List<String> ignore) {

  /** A table with the usual columns, and nothing to pass over but what systems leave in folders. */
  public static final ListingOptions DEFAULT = of(TableFormat.defaults());

  /**
   * Checks the patterns.
   *
   * @throws InvalidOptionException if a pattern is empty or not a glob
   */
  public ListingOptions {
    Objects.requireNonNull(table, "table");
    ignore = List.copyOf(ignore);
    for (String pattern : ignore) {
      try {
        if (pattern.replace("/", "").isBlank()) {
          throw new PatternSyntaxException("it is empty", pattern, -1);
        }
        new IgnoreRules(FileSystems.getDefault(), List.of(pattern));
      } catch (PatternSyntaxException e) {
        throw new InvalidOptionException(
            ("The pattern '%s' of files to ignore is not a glob: %s. Expected a pattern such as"
                    + " thumbs, *_small.jpg, rose/*.png or **/{old,new}/*.")
                .formatted(pattern, e.getDescription()),
            "ignore");
      }
    }
  }

  /** Returns options for a table that is written in this format. */
  public static ListingOptions of(TableFormat table) {
    return new ListingOptions(table, List.of());
  }

  /** Returns options that pass over the files and folders that match any of the patterns. */
  public static ListingOptions ignoring(String... patterns) {
    return new ListingOptions(TableFormat.defaults(), List.of(patterns));
  }

  /**
   * Returns whether this is a folder, which needs no format of a table, rather than a table.
   *
   * @throws BadDataException if there is neither
   */
  boolean isFolder(Path folderOrTable) {
    boolean folder = FolderScan.isFolder(folderOrTable);
    if (folder) {
      table.requireDefault(folderOrTable);
    }
    return folder;
  }

  /** Returns the options for a subfolder, with patterns of paths relative to it. */
  ListingOptions below(String subfolder) {
    return new ListingOptions(table, IgnoreRules.below(ignore, subfolder));
  }
}
