package io.graft.features;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of one key: {@code key.json}, whose time of change is when the rows were last used,
 * and shards of unique names, so that processes that write at once need no lock.
 */
final class KeyFolder {

  static final String KEY = "key.json";

  /** Left by a process that ended while it wrote. */
  private static final Pattern TEMPORARY = Pattern.compile("\\..*\\.(\\d+)-[0-9a-f]+\\.tmp");

  /**
   * Writing a shard takes seconds. A process in another container may be alive and not known by its
   * number here, so the number alone does not tell.
   */
  private static final Duration STALE = Duration.ofMinutes(10);

  private final Path folder;
  private final StoreKey key;

  /** The folder of {@code key} in {@code cache}, which need not exist yet. */
  KeyFolder(Path cache, StoreKey key) {
    this.folder = cache.resolve(key.id());
    this.key = key;
  }

  StoreKey key() {
    return key;
  }

  /** The shards that are here now, in the order of their names, which is that of their age. */
  List<Path> shards() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> isShard(file.getFileName().toString())).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw cannotUse(folder, e);
    }
  }

  /** Tells that the rows are in use, and removes what processes that were killed left behind. */
  void use() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try {
      writeKey();
      Files.setLastModifiedTime(folder.resolve(KEY), FileTime.from(Instant.now()));
    } catch (IOException | OutputException e) {
      // A cache that may only be read: its rows are as good.
    }
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(KeyFolder::isStale).forEach(DurableFiles::deleteQuietly);
    } catch (IOException e) {
      // What is wrong shows when the shards are listed.
    }
  }

  /** When the rows were last used; the epoch if nobody knows. */
  Instant lastUsed() {
    try {
      return Files.getLastModifiedTime(folder.resolve(KEY)).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }

  /** Returns why so many bytes of rows cannot be written here; empty where they can. */
  Optional<String> obstacle(long bytes) {
    return Folders.whyUnwritable(folder).or(() -> Folders.lackOfRoom(folder, bytes));
  }

  /** Removes the folder if it holds no shard. */
  void removeIfEmpty() {
    if (shards().isEmpty()) {
      DurableFiles.deleteQuietly(folder.resolve(KEY));
      try {
        Files.delete(folder);
      } catch (IOException e) {
        // Another process has begun to write here: it writes the key again with its shard.
      }
    }
  }

  /**
   * Writes rows as a new shard.
   *
   * @throws OutputException if it cannot be written; nothing is left of it then
   */
  Path write(ShardBuffer rows) {
    try {
      writeKey();
      // Milliseconds of 13 digits sort by time until the year 2286.
      Path shard =
          folder.resolve(System.currentTimeMillis() + "-" + UUID.randomUUID() + Shard.SUFFIX);
      Shard.write(shard, key, rows);
      return shard;
    } catch (OutputException e) {
      throw new OutputException(
          cannotKeep(
              folder,
              e.getCause() instanceof IOException cause
                  ? FileFailure.reason(cause)
                  : e.getMessage()),
          e,
          "cache");
    }
  }

  private void writeKey() {
    String content = key.canonical() + "\n";
    Path file = folder.resolve(KEY);
    try {
      if (Files.readString(file).equals(content)) {
        return;
      }
    } catch (IOException e) {
      // Missing or damaged, so it is written.
    }
    DurableFiles.writeFile(file, path -> Files.writeString(path, content));
  }

  /** Says that rows cannot be kept, and what to do. */
  static String cannotKeep(Path folder, String reason) {
    return "Cannot keep features in "
        + folder
        + ": "
        + reason
        + ". Expected a folder that can be written, with room. Name another cache folder, set"
        + " GRAFT_HOME, or make room with 'graft cache prune'.";
  }

  /** An error about a folder or a file of the cache. */
  static OutputException cannotUse(Path path, IOException e) {
    return new OutputException(
        "Cannot use the feature store's "
            + path
            + ": "
            + FileFailure.reason(e)
            + ". Expected a folder that can be read and written. Name another cache folder, or set"
            + " GRAFT_HOME.",
        e,
        "cache");
  }

  private static boolean isShard(String name) {
    return name.endsWith(Shard.SUFFIX) && !name.startsWith(".");
  }

  private static boolean isStale(Path file) {
    Matcher name = TEMPORARY.matcher(file.getFileName().toString());
    try {
      return name.matches()
          && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()
          && Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(STALE));
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }
}
