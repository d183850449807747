package io.graft.fetch;

import java.io.IOException;
import java.nio.file.Path;

/** Marks files in a cache as verified. */
public final class VerifiedFiles {

  private VerifiedFiles() {}

  /** Writes the stamp that marks the digest of a file as verified. */
  public static void stamp(PublishedFile published, Path file) throws IOException {
    CacheSlot slot = new CacheSlot(published, file);
    slot.writeStamp(slot.currentStamp());
  }
}
