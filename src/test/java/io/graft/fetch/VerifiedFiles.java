package io.graft.fetch;

import java.io.IOException;
import java.nio.file.Path;

/** Files in a cache that count as verified. */
public final class VerifiedFiles {

  private VerifiedFiles() {}

  /** Gives a file the stamp of a file whose digest was found right. */
  public static void stamp(PublishedFile published, Path file) throws IOException {
    CacheSlot slot = new CacheSlot(published, file);
    slot.writeStamp(slot.currentStamp());
  }
}
