package io.graft.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class DigestIndexTest {

  /** Digests with few different bytes, so that many share a prefix and many are equal. */
  @Provide
  Arbitrary<List<byte[]>> digests() {
    return Arbitraries.bytes()
        .between((byte) 0, (byte) 1)
        .array(byte[].class)
        .ofSize(DigestIndex.DIGEST_BYTES)
        .map(
            bytes -> {
              // Only the last bytes differ, so the first words collide.
              Arrays.fill(bytes, 0, 29, (byte) 7);
              return bytes;
            })
        .list()
        .ofMaxSize(200)
        .map(
            list -> {
              List<byte[]> mixed = new ArrayList<>(list);
              for (int i = 0; i < list.size(); i += 2) {
                byte[] other = list.get(i).clone();
                other[0] = (byte) i;
                mixed.add(other);
              }
              return mixed;
            });
  }

  @Property
  void positionsOfDigestsEqualThoseOfALinkedHashMap(
      @ForAll("digests") List<byte[]> digests, @ForAll @IntRange(max = 300) int expected) {
    DigestIndex index = new DigestIndex(expected);
    Map<ByteBuffer, Integer> reference = new LinkedHashMap<>();
    for (byte[] digest : digests) {
      ByteBuffer shifted = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES + 3).put(3, digest);
      ByteBuffer wrapped = ByteBuffer.wrap(digest);
      assertThat(index.find(shifted, 3)).isEqualTo(reference.getOrDefault(wrapped, -1));
      reference.putIfAbsent(wrapped, reference.size());
      assertThat(index.add(shifted, 3)).isEqualTo(reference.get(wrapped));
    }
    assertThat(index.size()).isEqualTo(reference.size());
    reference.forEach(
        (digest, position) -> {
          ByteBuffer read = ByteBuffer.allocate(DigestIndex.DIGEST_BYTES);
          index.get(position, read);
          assertThat(read.flip()).isEqualTo(digest);
          assertThat(index.find(digest, 0)).isEqualTo(position);
        });
    for (int position = 1; position < index.size(); position++) {
      byte[][] read = new byte[2][DigestIndex.DIGEST_BYTES];
      index.get(position, ByteBuffer.wrap(read[0]));
      index.get(position - 1, ByteBuffer.wrap(read[1]));
      assertThat(Integer.signum(index.compare(position, position - 1)))
          .isEqualTo(Integer.signum(Arrays.compareUnsigned(read[0], read[1])));
    }
  }
}
