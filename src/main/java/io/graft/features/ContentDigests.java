package io.graft.features;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The contents of a set of image files: the first 16 bytes of the SHA-256 of each, in ascending
 * order, each once. Two of a million files share these bytes by chance with a probability of less
 * than 1e-26.
 */
public final class ContentDigests {

  /** The length of a digest in bytes. */
  public static final int DIGEST_BYTES = 16;

  private final byte[] sorted;

  private ContentDigests(byte[] sorted) {
    this.sorted = sorted;
  }

  /**
   * Returns a set of digests.
   *
   * @param sorted the digests after each other; the caller no longer changes them
   * @throws IllegalArgumentException if they are not in ascending order, or one is there twice
   */
  public static ContentDigests ofSorted(byte[] sorted) {
    if (sorted.length % DIGEST_BYTES != 0) {
      throw new IllegalArgumentException("its last digest is cut off");
    }
    ContentDigests digests = new ContentDigests(sorted);
    for (int digest = 1; digest < digests.size(); digest++) {
      if (digests.compare(digest - 1, sorted, digest * DIGEST_BYTES) >= 0) {
        throw new IllegalArgumentException(
            "digest " + digest + " is not larger than the one before");
      }
    }
    return digests;
  }

  /** Returns the set of some SHA-256 digests, which are 32 bytes each. */
  static ContentDigests of(ByteBuffer digests) {
    DigestIndex distinct = new DigestIndex(digests.capacity() / DigestIndex.DIGEST_BYTES);
    for (int at = 0; at < digests.capacity(); at += DigestIndex.DIGEST_BYTES) {
      distinct.add(digests, at);
    }
    int[] order =
        IntStream.range(0, distinct.size())
            .boxed()
            .sorted(distinct::compare)
            .mapToInt(Integer::intValue)
            .toArray();
    byte[] sorted = new byte[Math.multiplyExact(order.length, DIGEST_BYTES)];
    ByteBuffer one = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES);
    for (int i = 0; i < order.length; i++) {
      distinct.get(order[i], one.clear());
      one.get(0, sorted, i * DIGEST_BYTES, DIGEST_BYTES);
    }
    return ofSorted(sorted);
  }

  /** Returns the number of digests. */
  public int size() {
    return sorted.length / DIGEST_BYTES;
  }

  /** Returns the digests after each other, in ascending order. */
  public byte[] bytes() {
    return sorted.clone();
  }

  /** Returns how many of some SHA-256 digests, which are 32 bytes each, are in this set. */
  int count(ByteBuffer digests) {
    byte[] one = new byte[DIGEST_BYTES];
    int count = 0;
    for (int at = 0; at < digests.capacity(); at += DigestIndex.DIGEST_BYTES) {
      digests.get(at, one);
      count += contains(one) ? 1 : 0;
    }
    return count;
  }

  private boolean contains(byte[] digest) {
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      int order = compare(middle, digest, 0);
      if (order == 0) {
        return true;
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle;
    }
    return false;
  }

  private int compare(int digest, byte[] other, int at) {
    int from = digest * DIGEST_BYTES;
    return Arrays.compareUnsigned(sorted, from, from + DIGEST_BYTES, other, at, at + DIGEST_BYTES);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContentDigests digests && Arrays.equals(sorted, digests.sorted);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sorted);
  }

  @Override
  public String toString() {
    return "ContentDigests[" + size() + " files]";
  }
}
