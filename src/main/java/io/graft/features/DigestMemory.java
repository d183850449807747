package io.graft.features;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The digests of files under their {@link FileStamp}, in memory, so that a run without a folder for
 * digests reads each file once. A file takes about 80 bytes. Several threads may use it.
 */
final class DigestMemory {

  private final DigestIndex stamps = new DigestIndex(0);
  private byte[] digests = new byte[DigestIndex.DIGEST_BYTES];

  /**
   * Copies the digest of the file with the stamp at byte {@code at}, and returns whether it is
   * known.
   */
  synchronized boolean read(ByteBuffer stamp, int at, ByteBuffer destination) {
    int position = stamps.find(stamp, at);
    if (position < 0) {
      return false;
    }
    destination.put(at, digests, position * DigestIndex.DIGEST_BYTES, DigestIndex.DIGEST_BYTES);
    return true;
  }

  /** Remembers the digest at byte {@code at} of the file with the stamp at that byte. */
  synchronized void keep(ByteBuffer stamp, int at, ByteBuffer digest) {
    int to = Math.multiplyExact(stamps.add(stamp, at), DigestIndex.DIGEST_BYTES);
    if (to + DigestIndex.DIGEST_BYTES > digests.length) {
      digests = Arrays.copyOf(digests, Math.multiplyExact(digests.length, 2));
    }
    digest.get(at, digests, to, DigestIndex.DIGEST_BYTES);
  }
}
