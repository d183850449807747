package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The expected values come from Java's sets of big numbers. */
class ContentDigestsTest {

  private static ByteBuffer bytes(List<byte[]> digests) {
    ByteBuffer all = ByteBuffer.allocate(digests.size() * DigestIndex.DIGEST_BYTES);
    digests.forEach(all::put);
    return all.flip();
  }

  private static BigInteger prefix(byte[] digest) {
    return new BigInteger(1, digest, 0, ContentDigests.DIGEST_BYTES);
  }

  @Test
  void sortsDistinctPrefixesAndCountsThoseOfOthers() {
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 2, 3, 1000}) {
      List<byte[]> known = new ArrayList<>();
      List<byte[]> others = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        byte[] digest = new byte[DigestIndex.DIGEST_BYTES];
        random.nextBytes(digest);
        known.add(digest);
        if (i % 3 == 0) {
          known.add(digest.clone());
        }
        if (i % 2 == 0) {
          others.add(digest.clone());
        }
        byte[] other = digest.clone();
        other[random.nextInt(ContentDigests.DIGEST_BYTES)] ^= 1;
        others.add(other);
      }
      TreeSet<BigInteger> expected = new TreeSet<>();
      known.forEach(digest -> expected.add(prefix(digest)));
      ContentDigests digests = ContentDigests.of(bytes(known));
      List<BigInteger> sorted = new ArrayList<>();
      byte[] written = digests.bytes();
      for (int at = 0; at < written.length; at += ContentDigests.DIGEST_BYTES) {
        sorted.add(new BigInteger(1, written, at, ContentDigests.DIGEST_BYTES));
      }
      assertThat(sorted).containsExactlyElementsOf(expected);
      HashSet<BigInteger> set = new HashSet<>(expected);
      assertThat(digests.count(bytes(others)))
          .isEqualTo((int) others.stream().filter(digest -> set.contains(prefix(digest))).count());
      assertThat(ContentDigests.ofSorted(written)).isEqualTo(digests);
    }
  }
}
