package io.graft.features;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.FileFailure;
import io.graft.runtime.Folders;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.ByteBuffer;
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
 * The folder of one key. It has {@code key.json}, whose modification time is the last use of the
 * rows. It also has shards with unique names, so that several processes can write without a lock.
 */
final class KeyFolder {

  static final String KEY = "key.json";

  /** The name of a temporary file, with the number of the process that writes it. */
  private static final Pattern TEMPORARY = Pattern.compile("\\..*\\.(\\d+)-[0-9a-f]+\\.tmp");

  /**
   * The age from which a temporary file may be removed. Writing one takes seconds. The number of
   * its process is not enough to decide, because processes of other containers are not visible.
   */
  private static final Duration STALE = Duration.ofMinutes(10);

  private final Path folder;
  private final StoreKey key;

  /** Names the folder of a key in a cache folder. Neither folder needs to exist yet. */
  KeyFolder(Path cache, StoreKey key) {
    this.folder = cache.resolve(key.id());
    this.key = key;
  }

  StoreKey key() {
    return key;
  }

  /** Returns the shards that exist, the oldest first. */
  List<Path> shards() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> isShard(file.getFileName().toString())).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw cannotUse(folder, e);
    }
  }

  /** Marks the rows as used now, and removes temporary files of killed processes. */
  void use() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try {
      writeKey();
      Files.setLastModifiedTime(folder.resolve(KEY), FileTime.from(Instant.now()));
    } catch (IOException | OutputException e) {
      // Ignores the failure, because the rows of a read-only cache are usable too.
    }
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(KeyFolder::isStale).forEach(DurableFiles::deleteQuietly);
    } catch (IOException e) {
      // Ignores the failure, because listing the shards reports it.
    }
  }

  /** Returns the time of the last use of the rows; the start of 1970 if it is unknown. */
  Instant lastUsed() {
    try {
      return Files.getLastModifiedTime(folder.resolve(KEY)).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }

  /** Returns why {@code bytes} bytes of rows cannot be written here; empty if they can. */
  Optional<String> obstacle(long bytes) {
    return Folders.whyUnwritable(folder).or(() -> Folders.lackOfRoom(folder, bytes));
  }

  /** Removes the folder if it has no shard. */
  void removeIfEmpty() {
    if (shards().isEmpty()) {
      DurableFiles.deleteQuietly(folder.resolve(KEY));
      try {
        Files.delete(folder);
      } catch (IOException e) {
        // Another process is writing a shard here. It rewrites the key before each shard.
      }
    }
  }

  /** Writes rows as a new shard, or throws an {@link OutputException} and leaves no part of it. */
  Path write(ShardBuffer rows) {
    try {
      writeKey();
      // Names that begin with milliseconds sort by time until the year 2286, because until then
      // they have 13 digits.
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
      // Rewrites a missing or damaged key.
    }
    DurableFiles.writeFile(file, path -> Files.writeString(path, content));
  }

  /**
   * Checks every row of a shard. If the shard is damaged, its undamaged rows are written to a new
   * shard and the shard is removed.
   *
   * @return a description of the damage; empty if there is none, or if the shard does not exist
   */
  Optional<String> repair(Path path) {
    try {
      Shard shard = Shard.open(path, key, new DigestIndex(0), (position, row) -> {});
      ShardBuffer sound = new ShardBuffer(key.rowBytes(), shard.rows());
      DigestIndex images = new DigestIndex(shard.rows());
      ByteBuffer row = ByteBuffer.allocate(key.rowBytes());
      for (int i = 0; i < shard.rows(); i++) {
        if (shard.read(i, row.clear())) {
          sound.add(images, shard.addImage(i, images), row.flip());
        }
      }
      int damaged = shard.rows() - sound.size();
      if (damaged == 0) {
        return Optional.empty();
      }
      if (sound.size() > 0) {
        write(sound);
      }
      DurableFiles.deleteQuietly(path);
      return Optional.of(
          "%s: %s of its %s rows do not have their checksum"
              .formatted(path, damaged, shard.rows()));
    } catch (Shard.DamagedException e) {
      DurableFiles.deleteQuietly(path);
      return Optional.of(e.getMessage());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw cannotUse(path, e);
    }
  }

  /** Returns the message for rows that cannot be kept in a folder. */
  static String cannotKeep(Path folder, String reason) {
    return ("Cannot keep features in %s: %s. Expected a folder that can be written, with room. Name"
            + " another cache folder, set GRAFT_HOME, or make room with 'graft cache prune'.")
        .formatted(folder, reason);
  }

  /** Returns an error about a folder or a file of the cache. */
  static OutputException cannotUse(Path path, IOException e) {
    return new OutputException(
        ("Cannot use the feature store's %s: %s. Expected a folder that can be read and written."
                + " Name another cache folder, or set GRAFT_HOME.")
            .formatted(path, FileFailure.reason(e)),
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
