package io.graft.features;

import io.graft.runtime.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Holds every byte of a shard against its checksums. */
final class ShardRepair {

  private ShardRepair() {}

  /**
   * Checks a shard. One with damaged rows is removed and its other rows are written anew; one with
   * a damaged index is removed.
   *
   * @return what was wrong with it; empty if nothing was, or if it is gone
   */
  static Optional<String> withoutDamagedRows(KeyFolder folder, Path path) {
    try {
      DigestIndex nothing = new DigestIndex(0);
      Shard shard = Shard.open(path, folder.key(), nothing, (position, row) -> {});
      int rowBytes = folder.key().rowBytes();
      ShardBuffer whole = new ShardBuffer(rowBytes, shard.rows());
      DigestIndex images = new DigestIndex(shard.rows());
      ByteBuffer row = ByteBuffer.allocate(rowBytes);
      for (int i = 0; i < shard.rows(); i++) {
        if (shard.read(i, row.clear())) {
          whole.add(images, shard.addImage(i, images), row.flip());
        }
      }
      int damaged = shard.rows() - whole.size();
      if (damaged == 0) {
        return Optional.empty();
      }
      if (whole.size() > 0) {
        folder.write(whole);
      }
      DurableFiles.deleteQuietly(path);
      return Optional.of(
          path + ": " + damaged + " of its " + shard.rows() + " rows do not have their checksum");
    } catch (DamagedShardException e) {
      DurableFiles.deleteQuietly(path);
      return Optional.of(e.getMessage());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw KeyFolder.cannotUse(path, e);
    }
  }
}
