#include "huffman.h"

static uint32_t entry_of(int32_t length, int32_t symbol, bool dc) {
  uint32_t size = symbol & 15;
  uint32_t run = dc ? 0 : (uint32_t)symbol >> 4;
  if (!dc && size == 0) {
    /* A run of 16 zeros is like one of 15, and a zero. All others end the block. */
    run = run == 15 ? 15 : END_OF_BLOCK;
  }
  return run << 24 | ((uint32_t)length + size) << 16 | size << 8 | (uint32_t)length;
}

/* Adds the numbers that are in the bits of the lookup. */
static void build_direct(huffman *table) {
  for (uint32_t bits = 0; bits < 1u << LOOKUP_BITS; bits++) {
    uint32_t entry = table->fast[bits];
    uint32_t length = (entry >> 16) & 255;
    table->direct[bits] = 0;
    if (entry != 0 && length <= LOOKUP_BITS) {
      uint32_t size = (entry >> 8) & 255;
      int32_t number = (int32_t)((bits >> (LOOKUP_BITS - length)) & ((1u << size) - 1));
      number -= size != 0 && number >> (size - 1) == 0 ? (1 << size) - 1 : 0;
      table->direct[bits] = (uint32_t)number << 16 | entry >> 24 << 8 | length;
    }
  }
}

void huffman_build_several(huffman *table) {
  for (uint32_t bits = 0; bits < 1u << LOOKUP_BITS; bits++) {
    uint32_t used = 0;
    uint32_t places = 0;
    uint32_t end = 0;
    while (end == 0) {
      uint32_t entry = table->direct[(bits << used) & ((1u << LOOKUP_BITS) - 1)];
      uint32_t length = entry & 255;
      if (length == 0 || used + length > LOOKUP_BITS) {
        break;
      }
      used += length;
      end = ((entry >> 8) & 255) == END_OF_BLOCK;
      places += end != 0 ? 0 : 1 + ((entry >> 8) & 255);
    }
    table->several[bits] = end << 16 | places << 8 | used;
  }
}

bool huffman_build(huffman *table, const uint8_t counts[16], const uint8_t *symbols, bool dc) {
  memset(table->fast, 0, sizeof table->fast);
  uint32_t code = 0;
  int32_t index = 0;
  for (int32_t length = 1; length <= 16; length++) {
    table->offset[length] = index - (int32_t)code;
    for (int32_t i = 0; i < counts[length - 1]; i++, index++, code++) {
      if (index > 255 || code >= 1u << length || (dc && symbols[index] > 11)) {
        return false;
      }
      table->symbols[index] = symbols[index];
      if (length <= LOOKUP_BITS) {
        uint32_t entry = entry_of(length, symbols[index], dc);
        uint32_t *fast = table->fast + (code << (LOOKUP_BITS - length));
        for (uint32_t k = 0; k < 1u << (LOOKUP_BITS - length); k++) {
          fast[k] = entry;
        }
      }
    }
    /* No code may be all ones. */
    if (counts[length - 1] > 0 && code >= 1u << length) {
      return false;
    }
    table->limit[length] = code << (16 - length);
    code <<= 1;
  }
  if (!dc) {
    build_direct(table);
  }
  table->defined = true;
  return true;
}

uint32_t huffman_long(const huffman *table, uint32_t code, bool dc) {
  for (int32_t length = LOOKUP_BITS + 1; length <= 16; length++) {
    if (code < table->limit[length]) {
      int32_t index = table->offset[length] + (int32_t)(code >> (16 - length));
      return entry_of(length, table->symbols[index & 255], dc);
    }
  }
  return 0;
}

bit_reader bits_fill_slowly(bit_reader reader) {
  while (reader.bits >= 0 && reader.bits < 56 && reader.at < reader.end) {
    uint64_t byte = *reader.at;
    if (byte == 0xff) {
      if (reader.end - reader.at < 2 || reader.at[1] != 0) {
        break;
      }
      reader.at++;
    }
    reader.at++;
    reader.buffer |= byte << (56 - reader.bits);
    reader.bits += 8;
  }
  return reader;
}
