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
 * Where the wanted rows of one key are. Memory grows with the rows that are wanted, 8 bytes each,
 * and with 5 bytes for every row of the shards that hold them, not with the size of the rows.
 *
 * <p>Reading is safe for use by several threads at once, also while rows are added.
 */
final class RowTable {

  private final KeyFolder folder;
  private final DigestIndex wanted;

  /** A temporary folder's shards lose their names at once: the maps are all that is needed. */
  private final Optional<KeyFolder> temporary;

  private final List<Shard> shards = new ArrayList<>();

  /** By position in {@code wanted}: the shard, -1 for none, and the row in it. */
  private final int[] shardOf;

  private final int[] rowOf;
  private int present;

  /**
   * Looks for rows.
   *
   * @param wanted digests of images; all that will be asked for
   * @param temporary where new rows are written in place of {@code folder}
   * @param progress told of each shard that is not as it was written; it is removed
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
      } catch (DamagedShardException e) {
        progress.note("Damaged, removed and computed again: " + e.getMessage());
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

  /** Whether the row of a wanted image is here. */
  synchronized boolean has(int position) {
    return shardOf[position] >= 0;
  }

  /** How many wanted rows are here. */
  synchronized int present() {
    return present;
  }

  /** How many wanted rows are not. */
  synchronized int missing() {
    return wanted.size() - present;
  }

  /** Writes rows as a new shard and takes them up. */
  void add(ShardBuffer rows) {
    Path path = temporary.orElse(folder).write(rows);
    try {
      adopt(path);
    } catch (DamagedShardException e) {
      throw new IllegalStateException("A shard was damaged as soon as it was written", e);
    }
    if (temporary.isPresent()) {
      DurableFiles.deleteQuietly(path);
    }
  }

  /**
   * Reads the row of a wanted image.
   *
   * @return false if it is not here, or is damaged; the buffer's position has then not moved
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

  /**
   * Forgets a damaged row, here and on the disk: what is whole of its shard is written anew, and
   * the shard removed.
   */
  void discard(int position) {
    Shard shard;
    synchronized (this) {
      shard = shards.get(shardOf[position]);
      shardOf[position] = -1;
      present--;
    }
    if (temporary.isEmpty()) {
      ShardRepair.withoutDamagedRows(folder, shard.path());
    }
  }

  private synchronized void adopt(Path path) throws DamagedShardException {
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
      // Pruned by another process since the folder was listed.
    } catch (IOException e) {
      throw KeyFolder.cannotUse(path, e);
    }
  }
}
