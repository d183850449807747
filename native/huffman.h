/* Baseline Huffman coding of JPEG (ITU T.81, annex F.2). */
#ifndef GRAFT_HUFFMAN_H
#define GRAFT_HUFFMAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  LOOKUP_BITS = 11,
  COEFFICIENTS = 64,
  /* How far the code for the end of a block goes, beyond any run. */
  END_OF_BLOCK = 128,
  /* Coefficients of places after the block are written, but not read: the end, and damaged runs. */
  PLACES = COEFFICIENTS + END_OF_BLOCK + 16,
  /*
   * With sums of absolute coefficients up to this, no 16-bit number in the vectors of any inverse DCT overflows. Larger
   * ones are left to libjpeg.
   */
  MOST_SUM = 5800,
  MOST_DC = 1 << 20
};

/*
 * An entry of `fast`: the length of the code in bits 0 to 7, 0 if it is longer than LOOKUP_BITS; how many bits the
 * number after it has in bits 8 to 15; both together in bits 16 to 23; how many coefficients are 0 before it in bits 24
 * to 31.
 */
typedef struct {
  uint32_t fast[1 << LOOKUP_BITS];
  /*
   * The same for codes whose number is in the bits of the lookup: the length of both in bits 0 to 7, 0 if they are
   * longer; the zeros before in bits 8 to 15; the number in bits 16 to 31.
   */
  uint32_t direct[1 << LOOKUP_BITS];
  /*
   * As many such codes as are in the bits of the lookup, up to the end of a block: their length in bits 0 to 7, how many
   * coefficients they are in bits 8 to 15, and in bit 16 whether the block ends.
   */
  uint32_t several[1 << LOOKUP_BITS];
  uint32_t limit[17]; /* the first code of 16 bits after those of each length */
  int32_t offset[17]; /* the index of the first symbol of each length, less its code */
  uint8_t symbols[256];
  bool defined;
} huffman;

/* Bits that are in the buffer from the top. `bits` below 0 says that more was read than there is. */
typedef struct {
  const uint8_t *at, *end;
  uint64_t buffer;
  int32_t bits;
} bit_reader;

/* Reads a table from counts of codes by length, and its symbols. Returns false if libjpeg should decide. */
bool huffman_build(huffman *table, const uint8_t counts[16], const uint8_t *symbols, bool dc);

/* Finds the entry for a code that is longer than the lookup, from the next 16 bits; 0 if there is no such code. */
uint32_t huffman_long(const huffman *table, uint32_t code, bool dc);

/* Fills `several`, which only large files are worth. */
void huffman_build_several(huffman *table);

/* Reads bytes one by one, up to a marker. By value, so that compilers keep the reader of a loop in registers. */
bit_reader bits_fill_slowly(bit_reader reader);

/* Reads until there are 56 bits or more, or a marker follows. */
static inline __attribute__((always_inline)) void bits_fill(bit_reader *reader) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (reader->bits >= 0 && reader->end - reader->at >= 8) {
    uint64_t word;
    memcpy(&word, reader->at, sizeof word);
    /* No byte is 0xff. */
    if (((~word - 0x0101010101010101u) & word & 0x8080808080808080u) == 0) {
      int32_t taken = (63 - reader->bits) >> 3;
      reader->buffer |= __builtin_bswap64(word) >> reader->bits;
      reader->at += taken;
      reader->bits += 8 * taken;
      return;
    }
  }
#endif
  *reader = bits_fill_slowly(*reader);
}

/* Reads a code and the number after it, which is 0 without bits. Returns the entry; 0 if there is no such code. */
static inline __attribute__((always_inline)) uint32_t huffman_number(bit_reader *reader, const huffman *table, bool dc,
                                                                     int32_t *number) {
  uint32_t entry = table->fast[reader->buffer >> (64 - LOOKUP_BITS)];
  if (__builtin_expect(entry == 0, 0)) {
    bits_fill(reader);
    entry = huffman_long(table, (uint32_t)(reader->buffer >> 48), dc);
  }
  /* The first bit of a negative number is 0. Without a branch, which would be mispredicted half of the time. */
  uint64_t after = reader->buffer << (entry & 255);
  uint32_t size = (entry >> 8) & 255;
  int32_t negative = (int32_t)(after >> 63) - 1;
  *number = (int32_t)(after >> 1 >> (63 - size)) + (negative & (1 - (1 << size)));
  reader->buffer <<= (entry >> 16) & 255;
  reader->bits -= (int32_t)((entry >> 16) & 255);
  return entry;
}

/* Reads the first number of a block. Returns false if libjpeg should decide. */
static inline __attribute__((always_inline)) bool huffman_dc(bit_reader *reader, const huffman *table,
                                                             int32_t *last_dc) {
  int32_t number;
  bits_fill(reader);
  if (huffman_number(reader, table, true, &number) == 0) {
    return false;
  }
  *last_dc += number;
  return *last_dc <= MOST_DC && *last_dc >= -MOST_DC;
}

/* Reads a code, and moves `k` on to the place of its number. Returns false if libjpeg should decide. */
static inline __attribute__((always_inline)) bool huffman_ac(bit_reader *reader, const huffman *table, uint32_t *k,
                                                             int32_t *number) {
  uint32_t entry = table->direct[reader->buffer >> (64 - LOOKUP_BITS)];
  if (__builtin_expect((entry & 255) != 0, 1)) {
    reader->buffer <<= entry & 63;
    reader->bits -= (int32_t)(entry & 63);
    *k += (entry >> 8) & 255;
    *number = (int32_t)entry >> 16;
    return true;
  }
  bits_fill(reader);
  entry = huffman_number(reader, table, false, number);
  *k += entry >> 24;
  bits_fill(reader);
  return entry != 0;
}

/* Returns whether a block may end before the place `k`. Damaged runs end beyond the block. */
static inline bool huffman_ends(const bit_reader *reader, uint32_t k) {
  return (k == COEFFICIENTS || k > END_OF_BLOCK) && reader->bits >= 0;
}

/*
 * Reads a block, and writes its coefficients times the quantization to `out`, whose first 64 must be zeros before.
 * Returns the place of the last one; -1 if libjpeg should decide.
 */
static inline __attribute__((always_inline)) int32_t huffman_block(bit_reader *reader, const huffman *dc,
                                                                   const huffman *ac, const uint16_t *quantization,
                                                                   const uint8_t *order, int32_t *last_dc,
                                                                   int16_t *out) {
  if (!huffman_dc(reader, dc, last_dc)) {
    return -1;
  }
  int32_t value = *last_dc * quantization[0];
  int32_t sum = value < 0 ? -value : value;
  out[0] = (int16_t)value;
  uint32_t k = 1;
  while (true) {
    bits_fill(reader);
    /* So many direct codes have at most 55 bits. */
    for (int32_t i = 0; i < 5; i++) {
      int32_t number;
      if (!huffman_ac(reader, ac, &k, &number)) {
        return -1;
      }
      value = number * quantization[k];
      sum += value < 0 ? -value : value;
      out[order[k]] = (int16_t)value;
      k++;
      if (k >= COEFFICIENTS) {
        int32_t last = k > END_OF_BLOCK ? (int32_t)k - END_OF_BLOCK - 2 : COEFFICIENTS - 1;
        return huffman_ends(reader, k) && sum <= MOST_SUM ? last : -1;
      }
    }
  }
}

/* Reads a block without a use for its coefficients. Returns false if libjpeg should decide. */
static inline __attribute__((always_inline)) bool huffman_skip(bit_reader *reader, const huffman *dc, const huffman *ac,
                                                               int32_t *last_dc) {
  if (!huffman_dc(reader, dc, last_dc)) {
    return false;
  }
  uint32_t k = 1;
  while (true) {
    bits_fill(reader);
    for (int32_t i = 0; i < 5; i++) {
      uint32_t entry = ac->several[reader->buffer >> (64 - LOOKUP_BITS)];
      uint32_t next = k + ((entry >> 8) & 255);
      if (__builtin_expect((entry & 255) != 0 && next < COEFFICIENTS, 1)) {
        reader->buffer <<= entry & 63;
        reader->bits -= (int32_t)(entry & 63);
        k = next;
        if (entry >> 16 != 0) {
          return reader->bits >= 0;
        }
        continue;
      }
      int32_t number;
      if (!huffman_ac(reader, ac, &k, &number)) {
        return false;
      }
      k++;
      if (k >= COEFFICIENTS) {
        return huffman_ends(reader, k);
      }
    }
  }
}

#endif
