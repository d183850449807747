/* The segments of a baseline JPEG file (ITU T.81, annex B). Whatever is not as usual is left to libjpeg. */
#include "baseline.h"

enum { SOI = 0xd8, SOF0 = 0xc0, SOF1 = 0xc1, DHT = 0xc4, DQT = 0xdb, DRI = 0xdd, SOS = 0xda, APP0 = 0xe0, APP15 = 0xef,
       COM = 0xfe };

static int32_t number(const uint8_t *at) { return at[0] << 8 | at[1]; }

static bool read_quantization(struct baseline *state, const uint8_t *at, int32_t length) {
  for (; length >= 1 + COEFFICIENTS; at += 1 + COEFFICIENTS, length -= 1 + COEFFICIENTS) {
    if (at[0] >= TABLES) {
      return false;
    }
    uint16_t *table = state->quantization[at[0]];
    memset(table, 0, sizeof state->quantization[0]);
    for (int32_t i = 0; i < COEFFICIENTS; i++) {
      table[i] = at[1 + i];
    }
    state->has_quantization[at[0]] = true;
  }
  return length == 0;
}

static bool read_huffman(struct baseline *state, const uint8_t *at, int32_t length) {
  while (length >= 17) {
    int32_t symbols = 0;
    for (int32_t i = 1; i <= 16; i++) {
      symbols += at[i];
    }
    bool dc = at[0] < 0x10;
    if (symbols > 256 || length < 17 + symbols || (at[0] & 0xef) >= TABLES ||
        !huffman_build(dc ? &state->dc[at[0]] : &state->ac[at[0] & 15], at + 1, at + 17, dc)) {
      return false;
    }
    at += 17 + symbols;
    length -= 17 + symbols;
  }
  return length == 0;
}

static bool read_frame(struct baseline *state, const uint8_t *at, int32_t length) {
  if (state->count != 0 || length < 6 || at[0] != 8 || (at[5] != 1 && at[5] != CHANNELS) ||
      length != 6 + CHANNELS * at[5]) {
    return false;
  }
  state->height = number(at + 1);
  state->width = number(at + 3);
  state->count = at[5];
  for (int32_t i = 0; i < state->count; i++) {
    component *part = &state->components[i];
    const uint8_t *values = at + 6 + 3 * i;
    *part = (component){.id = values[0], .across = values[1] >> 4, .down = values[1] & 15, .quantization = values[2]};
    if (part->quantization >= TABLES || (i > 0 && (part->across != 1 || part->down != 1))) {
      return false;
    }
    for (int32_t k = 0; k < i; k++) {
      if (state->components[k].id == part->id) {
        return false;
      }
    }
  }
  const component *luma = &state->components[0];
  bool usual = (luma->across == 1 && luma->down == 1) ||
               (state->count > 1 && luma->across == 2 && (luma->down == 1 || luma->down == 2));
  return usual && state->width > 0 && state->height > 0;
}

static bool read_scan(struct baseline *state, const uint8_t *at, int32_t length) {
  if (state->count == 0 || length != 4 + 2 * state->count || at[0] != state->count) {
    return false;
  }
  for (int32_t i = 0; i < state->count; i++) {
    component *part = &state->components[i];
    const uint8_t *values = at + 1 + 2 * i;
    part->dc = values[1] >> 4;
    part->ac = values[1] & 15;
    if (values[0] != part->id || part->dc >= TABLES || part->ac >= TABLES || !state->dc[part->dc].defined ||
        !state->ac[part->ac].defined || !state->has_quantization[part->quantization]) {
      return false;
    }
  }
  const uint8_t *rest = at + 1 + 2 * state->count;
  return rest[0] == 0 && rest[1] == COEFFICIENTS - 1 && rest[2] == 0;
}

bool baseline_header(struct baseline *state, const uint8_t *encoded, int64_t bytes) {
  for (int32_t i = 0; i < TABLES; i++) {
    state->dc[i].defined = false;
    state->ac[i].defined = false;
    state->has_quantization[i] = false;
  }
  state->count = 0;
  state->interval = 0;
  if (bytes < 4 || encoded[0] != 0xff || encoded[1] != SOI) {
    return false;
  }
  const uint8_t *at = encoded + 2;
  const uint8_t *end = encoded + bytes;
  while (end - at >= 4 && at[0] == 0xff) {
    int32_t marker = at[1];
    int32_t length = number(at + 2) - 2;
    at += 4;
    if (length < 0 || length > end - at) {
      return false;
    }
    bool read;
    switch (marker) {
      case SOF0:
      case SOF1:
        read = read_frame(state, at, length);
        break;
      case DHT:
        read = read_huffman(state, at, length);
        break;
      case DQT:
        read = read_quantization(state, at, length);
        break;
      case DRI:
        read = length == 2;
        state->interval = read ? number(at) : 0;
        break;
      case SOS:
        state->bits = (bit_reader){.at = at + length, .end = end};
        return read_scan(state, at, length);
      default:
        read = (marker >= APP0 && marker <= APP15) || marker == COM;
    }
    if (!read) {
      return false;
    }
    at += length;
  }
  return false;
}

bool baseline_scale(struct baseline *state, int32_t scale) {
  const component *luma = &state->components[0];
  /* libjpeg upsamples very narrow chroma in another way, and small chroma of half the width. */
  if (scale == 1 ? luma->across != luma->down : luma->across == 2 && (state->width + 1) / 2 <= 2) {
    return false;
  }
  state->out_width = scaled_size(state->width, scale);
  state->out_height = scaled_size(state->height, scale);
  for (int32_t i = 0; i < state->count; i++) {
    /* Chroma of half the size becomes as large as luma. */
    state->components[i].size = scale == 1 && i > 0 ? luma->across : scale;
  }
  return scale == 1 || scale == FULL_SCALE;
}
