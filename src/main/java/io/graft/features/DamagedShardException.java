package io.graft.features;

import java.nio.file.Path;

/** A file of the feature store that is not as it was written. */
final class DamagedShardException extends Exception {

  private static final long serialVersionUID = 1L;

  DamagedShardException(Path shard, String reason) {
    super(shard + ": " + reason);
  }
}
