package io.graft.fetch;

import io.graft.runtime.DurableFiles;
import io.graft.runtime.OutputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The mark beside a cached file that its digest was found right: the digest, and the length and
 * time of change that the file had then. A file that was changed since, or is held against another
 * digest, is hashed again.
 */
public final class VerifiedStamp {

  private VerifiedStamp() {}

  /** What a stamp for the file as it is now would say, or null where there is no such file. */
  public static String of(CacheSlot slot) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(slot.file(), BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
    FileDigest digest = slot.published().digest();
    return digest.algorithm()
        + " "
        + digest.hex()
        + "\nbytes "
        + attributes.size()
        + "\nchanged "
        + attributes.lastModifiedTime()
        + "\n";
  }

  /** Whether the file is here and carries a stamp that fits it. */
  static boolean fits(CacheSlot slot) {
    try {
      return Files.isRegularFile(slot.file())
          && Files.isRegularFile(slot.stamp())
          && Files.readString(slot.stamp()).equals(of(slot));
    } catch (IOException e) {
      // Whatever is wrong with the stamp, hashing the file answers the question.
      return false;
    }
  }

  /** Leaves a stamp; where none can be written the file is hashed again next time. */
  public static void write(CacheSlot slot, String stamp) {
    try {
      DurableFiles.writeFile(slot.stamp(), path -> Files.writeString(path, stamp));
    } catch (OutputException e) {
      DurableFiles.deleteQuietly(slot.stamp());
    }
  }

  /** Takes the stamp away. */
  static void remove(CacheSlot slot) {
    Path stamp = slot.stamp();
    DurableFiles.deleteQuietly(stamp);
  }
}
