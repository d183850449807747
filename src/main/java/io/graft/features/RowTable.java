package io.graft.features;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds the wanted rows of one key in its shards. Its memory does not depend on the size of the
 * rows. It takes 8 bytes for each wanted row and 5 bytes for each row of the shards in use.
 *
 * <p>Several threads may read rows at once, even while rows are added.
 */
final class RowTable {

  private final KeyFolder folder;
  private final DigestIndex wanted;

  /** The folder for new rows, if not {@code folder}. Its shards are deleted after mapping. */
  private final Optional<KeyFolder> temporary;

  private final List<Shard> shards = new ArrayList<>();

  /** For each position in {@code wanted}, the index of the shard, or -1. */
  private final int[] shardOf;

  /** For each position in {@code wanted}, the row within the shard. */
  private final int[] rowOf;

  private int present;

  /**
   * Finds the wanted rows in the shards of a folder.
   *
   * @param wanted the digests of all images whose rows will be read
   * @param temporary the folder for new rows; empty to write them to {@code folder}
   * @param progress the listener that receives a note about each damaged shard; the shard is
   *     removed
   */
  RowTable(KeyFolder folder, DigestIndex wanted, Optional<KeyFolder> temporary, Progress progress) {
    this.folder = folder;
    this.wanted = wanted;
    this.temporary = temporary;
    this.shardOf = new int[wanted.size()];
    this.rowOf = new int[wanted.size()];
    Arrays.fill(shardOf, -1);
    folder.use();
    for (Path path : folder.shards()) {
      if (present == wanted.size()) {
        return;
      }
      try {
        adopt(path);
      } catch (Shard.DamagedException e) {
        progress.note("Removed a damaged file, whose rows are recomputed: " + e.getMessage());
        DurableFiles.deleteQuietly(path);
      }
    }
  }

  StoreKey key() {
    return folder.key();
  }

  DigestIndex wanted() {
    return wanted;
  }

  /** Returns whether the table has the row of a wanted image. */
  synchronized boolean has(int position) {
    return shardOf[position] >= 0;
  }

  /** Returns the number of wanted rows that the table has. */
  synchronized int present() {
    return present;
  }

  /** Returns the number of wanted rows that the table lacks. */
  synchronized int missing() {
    return wanted.size() - present;
  }

  /** Writes rows as a new shard and adds them to this table. */
  void add(ShardBuffer rows) {
    Path path = temporary.orElse(folder).write(rows);
    try {
      adopt(path);
    } catch (Shard.DamagedException e) {
      throw new IllegalStateException("A new shard is damaged", e);
    }
    if (temporary.isPresent()) {
      DurableFiles.deleteQuietly(path);
    }
  }

  /**
   * Reads a wanted row and returns true. If the row is missing or damaged, returns false and leaves
   * the buffer's position unchanged.
   */
  boolean read(int position, ByteBuffer destination) {
    Shard shard;
    int row;
    synchronized (this) {
      if (shardOf[position] < 0) {
        return false;
      }
      shard = shards.get(shardOf[position]);
      row = rowOf[position];
    }
    return shard.read(row, destination);
  }

  /** Removes a damaged row from this table and from its shard. */
  void discard(int position) {
    Shard shard;
    synchronized (this) {
      shard = shards.get(shardOf[position]);
      shardOf[position] = -1;
      present--;
    }
    if (temporary.isEmpty()) {
      folder.repair(shard.path());
    }
  }

  private synchronized void adopt(Path path) throws Shard.DamagedException {
    int number = shards.size();
    int before = present;
    try {
      Shard shard =
          Shard.open(
              path,
              key(),
              wanted,
              (position, row) -> {
                if (shardOf[position] < 0) {
                  shardOf[position] = number;
                  rowOf[position] = row;
                  present++;
                }
              });
      if (present > before) {
        shards.add(shard);
      }
    } catch (NoSuchFileException e) {
      // Another process has removed the shard since the folder was listed.
    } catch (IOException e) {
      throw KeyFolder.cannotUse(path, e);
    }
  }
}
