package io.graft.features;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A set of SHA-256 digests, numbered from 0 in the order of their addition. The digests are in
 * arrays of primitives, so that a million of them do not slow down the garbage collector. A digest
 * takes 32 bytes, and its slot 8 to 16.
 *
 * <p>The set is a hash table with open addressing and linear probing. The hash of a digest is its
 * first bits, because nobody can choose them so that they collide.
 */
final class DigestIndex {

  static final int DIGEST_BYTES = 32;

  private static final int WORDS = DIGEST_BYTES / Long.BYTES;

  /** The smallest number of slots per digest. */
  private static final int SLOTS_PER_DIGEST = 2;

  private long[] words;

  /** For each slot, one more than the position of its digest; 0 if the slot is empty. */
  private int[] slots;

  private int size;

  /** Creates an empty set with room for {@code expected} digests. It grows if there are more. */
  DigestIndex(int expected) {
    int room = Math.max(8, expected);
    words = new long[Math.multiplyExact(room, WORDS)];
    slots = new int[slotsFor(room)];
  }

  /** Returns the number of digests. */
  int size() {
    return size;
  }

  /** Adds the big-endian digest at byte {@code at} if it is new, and returns its position. */
  int add(ByteBuffer bytes, int at) {
    int slot = slot(bytes, at);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    if ((size + 1) * WORDS > words.length) {
      grow();
      slot = slot(bytes, at);
    }
    for (int word = 0; word < WORDS; word++) {
      words[size * WORDS + word] = bytes.getLong(at + word * Long.BYTES);
    }
    size++;
    slots[slot] = size;
    return size - 1;
  }

  /** Returns the position of the big-endian digest at byte {@code at}, or -1 if it is absent. */
  int find(ByteBuffer bytes, int at) {
    return slots[slot(bytes, at)] - 1;
  }

  /** Writes the 32 bytes of a digest at the position of a big-endian buffer. */
  void get(int position, ByteBuffer destination) {
    for (int word = 0; word < WORDS; word++) {
      destination.putLong(words[position * WORDS + word]);
    }
  }

  /** Compares two digests byte by byte, as unsigned numbers. */
  int compare(int position, int other) {
    return Arrays.compareUnsigned(
        words, position * WORDS, (position + 1) * WORDS, words, other * WORDS, (other + 1) * WORDS);
  }

  private int slot(ByteBuffer bytes, int at) {
    int mask = slots.length - 1;
    int slot = home(bytes.getLong(at)) & mask;
    while (slots[slot] != 0 && !equal(slots[slot] - 1, bytes, at)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean equal(int position, ByteBuffer bytes, int at) {
    for (int word = 0; word < WORDS; word++) {
      if (words[position * WORDS + word] != bytes.getLong(at + word * Long.BYTES)) {
        return false;
      }
    }
    return true;
  }

  private void grow() {
    int room = Math.multiplyExact(size, 2);
    words = Arrays.copyOf(words, Math.multiplyExact(room, WORDS));
    slots = new int[slotsFor(room)];
    int mask = slots.length - 1;
    for (int position = 0; position < size; position++) {
      int slot = home(words[position * WORDS]) & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = position + 1;
    }
  }

  private static int home(long firstWord) {
    return (int) (firstWord >>> Integer.SIZE);
  }

  private static int slotsFor(int room) {
    return Integer.highestOneBit(Math.multiplyExact(room, SLOTS_PER_DIGEST) - 1) << 1;
  }
}
