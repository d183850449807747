/*
 * A decoder for baseline JPEG files in one scan, with chroma of full size, half the width, or half the width and
 * height. Blocks outside of the region are only read. The bytes are libjpeg's. Where libjpeg would warn or fail, and
 * wherever the standard leaves a choice, this decoder gives up, and libjpeg decides.
 */
#include <stdalign.h>
#include <stdlib.h>

#include "baseline.h"

enum { PIXELS_PER_BYTE = 1024, FIRST_RESTART = 0xd0, EOI = 0xd9, GREY = 128, EDGE = 16 };

/* The instructions that every processor with pixel_loops has. They make shifts by variable numbers of bits faster. */
#if defined(__x86_64__)
#define FAST __attribute__((target("avx2,bmi,bmi2")))
#else
#define FAST
#endif

#define AFTER_8 64, 64, 64, 64, 64, 64, 64, 64
#define AFTER_48 AFTER_8, AFTER_8, AFTER_8, AFTER_8, AFTER_8, AFTER_8

/* Where coefficients in zigzag order belong. What is after a block goes to one place after it. */
static const uint8_t ORDER[PLACES] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, AFTER_48, AFTER_48, AFTER_48};

/* The part of the file that is decoded, in MCUs. */
typedef struct {
  int32_t left, right, top, bottom;
} mcus;

/* Goes to a marker, which must come after less than a byte of padding. */
static inline __attribute__((always_inline)) bool at_marker(bit_reader *bits, int32_t marker) {
  *bits = bits_fill_slowly(*bits);
  return bits->bits >= 0 && bits->bits < 8 && bits->end - bits->at >= 2 && bits->at[0] == 0xff &&
         bits->at[1] == marker;
}

static inline __attribute__((always_inline)) bool restart(struct baseline *state, bit_reader *bits) {
  if (!at_marker(bits, FIRST_RESTART + state->restarts % 8)) {
    return false;
  }
  *bits = (bit_reader){.at = bits->at + 2, .end = bits->end};
  state->restarts++;
  state->to_restart = state->interval;
  for (int32_t i = 0; i < state->count; i++) {
    state->components[i].last_dc = 0;
  }
  return true;
}

/* What becomes of the blocks that are read. */
typedef enum { SKIPPED, WHOLE, SMALL } use;

/* Reads a block and writes its samples. Returns false if libjpeg should decide. */
static inline __attribute__((always_inline)) bool read_block(bit_reader *bits, const huffman *dc, const huffman *ac,
                                                             const uint16_t *quantization, component *part,
                                                             uint8_t *to, const pixel_loops *loops, use wanted) {
  if (wanted == SMALL && part->size == 1) {
    return huffman_skip(bits, dc, ac, &part->last_dc) && invert_1x1(part->last_dc * quantization[0], to);
  }
  alignas(32) int16_t block[COEFFICIENTS + 1];
  memset(block, 0, COEFFICIENTS * sizeof *block);
  int32_t last = huffman_block(bits, dc, ac, quantization, ORDER, &part->last_dc, block);
  if (last < 0) {
    return false;
  }
  if (wanted == SMALL) {
    invert_2x2(block, last, to, part->stride);
  } else {
    loops->invert(block, last, to, part->stride);
  }
  return true;
}

/* Reads so many MCUs of a row. Unless they are skipped, their samples are written. */
static inline __attribute__((always_inline)) bool read_mcus(struct baseline *state, int32_t count, int32_t row,
                                                            const pixel_loops *loops, use wanted) {
  bit_reader bits = state->bits;
  for (int32_t x = 0; x < count; x++) {
    if (state->interval != 0 && state->to_restart-- == 0) {
      if (!restart(state, &bits)) {
        return false;
      }
      state->to_restart--;
    }
    for (int32_t i = 0; i < state->count; i++) {
      component *part = &state->components[i];
      const huffman *dc = &state->dc[part->dc];
      const huffman *ac = &state->ac[part->ac];
      for (int32_t k = 0; k < part->across * part->down; k++) {
        if (wanted == SKIPPED) {
          if (!huffman_skip(&bits, dc, ac, &part->last_dc)) {
            return false;
          }
          continue;
        }
        int32_t column = (x * part->across + k % part->across) * part->size;
        int32_t line = (row * part->down + k / part->across) * part->size;
        uint8_t *to = part->samples + line % part->rows * part->stride + column;
        if (!read_block(&bits, dc, ac, state->quantization[part->quantization], part, to, loops, wanted)) {
          return false;
        }
      }
    }
  }
  state->bits = bits;
  return true;
}

FAST static bool keep_mcus(struct baseline *state, int32_t count, int32_t row, const pixel_loops *loops) {
  return read_mcus(state, count, row, loops, WHOLE);
}

FAST static bool shrink_mcus(struct baseline *state, int32_t count, int32_t row, const pixel_loops *loops) {
  return read_mcus(state, count, row, loops, SMALL);
}

FAST static bool skip_mcus(struct baseline *state, int32_t count) { return read_mcus(state, count, 0, NULL, SKIPPED); }

/* Returns one row of chroma at full width, in `line` unless it is that wide already. */
static const uint8_t *chroma(const struct baseline *state, const pixel_loops *loops, const component *part, int32_t y,
                             int32_t columns, uint8_t *line) {
  const component *luma = &state->components[0];
  uint16_t *sums = state->sums;
  if (luma->across * luma->size == part->size) {
    return part->samples + y % part->rows * part->stride;
  }
  if (luma->down == 1) {
    const uint8_t *samples = part->samples + y % part->rows * part->stride;
    for (int32_t i = 0; i < columns; i++) {
      sums[i] = samples[i];
    }
  } else {
    int32_t last = (state->out_height + 1) / 2 - 1;
    int32_t near = y / 2;
    int32_t other = y % 2 == 0 ? near - 1 : near + 1;
    other = other < 0 ? 0 : other > last ? last : other;
    loops->blend(part->samples + near % part->rows * part->stride, part->samples + other % part->rows * part->stride,
                 columns, sums);
  }
  /* The columns at the edges have no neighbours but themselves. */
  sums[-1] = sums[0];
  sums[columns] = sums[columns - 1];
  if (luma->down == 1) {
    loops->widen(sums, columns, 1, 2, 2, line);
  } else {
    loops->widen(sums, columns, 8, 7, 4, line);
  }
  return line;
}

/* Prepares the memory for rows of samples. `pixels` is how many columns there are, `reach` as in region. */
static int32_t reserve(struct baseline *state, int32_t pixels, int32_t reach) {
  const component *luma = &state->components[0];
  /* A row waits until the chroma after it is known. */
  int32_t rings = luma->down == 2 && luma->size == BLOCK ? 2 : 1;
  size_t size = 0;
  for (int32_t i = 0; i < state->count; i++) {
    component *part = &state->components[i];
    part->rows = rings * part->down * part->size;
    part->stride = pixels + PADDING;
    size += (size_t)part->rows * (size_t)part->stride;
  }
  uint8_t *samples = buffer_reserve(&state->samples, size);
  size_t wide = (size_t)pixels + 2 * PADDING;
  size_t sums = sizeof(uint16_t) * wide;
  size_t lines = sums + 2 * wide + (size_t)(pixels + reach) * CHANNELS + 2 * PADDING;
  uint8_t *memory = buffer_reserve(&state->lines, lines);
  if (samples == NULL || memory == NULL) {
    return GRAFT_MEMORY;
  }
  memset(samples, 0, size);
  memset(memory, 0, lines);
  state->sums = (uint16_t *)(void *)memory + EDGE;
  state->wide[0] = memory + sums;
  state->wide[1] = state->wide[0] + wide;
  state->row = state->wide[1] + wide;
  for (int32_t i = 0; i < state->count; i++) {
    state->components[i].samples = samples;
    samples += state->components[i].rows * state->components[i].stride;
  }
  return GRAFT_OK;
}

/* Gives the rows from `y` up to `end` to the views. */
static void give(graft_images *images, int32_t count, int32_t left, int32_t pixels, int32_t y, int32_t end) {
  const struct baseline *state = images->baseline;
  const component *parts = state->components;
  int32_t columns = (state->out_width + parts[0].across - 1) / parts[0].across - left / parts[0].across;
  columns = columns < pixels / parts[0].across ? columns : pixels / parts[0].across;
  if (state->count == 1) {
    memset(state->wide[0], GREY, (size_t)pixels);
  }
  for (; y < end; y++) {
    const uint8_t *luma = parts[0].samples + y % parts[0].rows * parts[0].stride;
    const uint8_t *both[2] = {state->wide[0], state->wide[0]};
    for (int32_t i = 1; i < state->count; i++) {
      both[i - 1] = chroma(state, images->pixel_loops, &parts[i], y, columns, state->wide[i - 1]);
    }
    images->pixel_loops->to_rgb(luma, both[0], both[1], pixels, state->row);
    images_row(images, count, y, state->row, left);
  }
}

static bool decode(graft_images *images, const region *needed, int32_t count, const mcus *kept, int32_t left,
                   int32_t pixels) {
  struct baseline *state = images->baseline;
  const component *luma = &state->components[0];
  int32_t columns = (state->width + luma->across * BLOCK - 1) / (luma->across * BLOCK);
  int32_t rows = (state->height + luma->down * BLOCK - 1) / (luma->down * BLOCK);
  int32_t down = luma->down * luma->size;
  /* The last row of an MCU needs the chroma after it. */
  int32_t late = luma->down == 2 && luma->size == BLOCK ? 1 : 0;
  int32_t y = needed->top;
  for (int32_t row = 0; row < rows; row++) {
    if (row < kept->top || row >= kept->bottom) {
      if (!skip_mcus(state, columns)) {
        return false;
      }
      continue;
    }
    if (!skip_mcus(state, kept->left) ||
        !(luma->size == BLOCK ? keep_mcus : shrink_mcus)(state, kept->right - kept->left, row, images->pixel_loops) ||
        !skip_mcus(state, columns - kept->right)) {
      return false;
    }
    int32_t end = row + 1 == rows ? state->out_height : (row + 1) * down - late;
    end = end < needed->bottom ? end : needed->bottom;
    give(images, count, left, pixels, y, end);
    y = end > y ? end : y;
  }
  return at_marker(&state->bits, EOI);
}

/* Returns what is at least needed, with what smooth upsampling needs besides it. */
static mcus find_mcus(const struct baseline *state, const region *needed) {
  const component *luma = &state->components[0];
  int32_t across = luma->across * luma->size;
  int32_t down = luma->down * luma->size;
  int32_t beside = luma->across == 2 && luma->size == BLOCK ? 2 : 0;
  int32_t above = luma->down == 2 && luma->size == BLOCK ? 2 : 0;
  int32_t right = needed->right + beside < state->out_width ? needed->right + beside : state->out_width;
  int32_t bottom = needed->bottom + above < state->out_height ? needed->bottom + above : state->out_height;
  return (mcus){.left = (needed->left > beside ? needed->left - beside : 0) / across,
                .right = (right - 1) / across + 1,
                .top = (needed->top > above ? needed->top - above : 0) / down,
                .bottom = (bottom - 1) / down + 1};
}

int32_t baseline_rows(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                      int32_t colors, int32_t scale, const region *needed, int32_t count) {
  if (images->pixel_loops == NULL) {
    return GRAFT_REFUSED;
  }
  if (images->baseline == NULL) {
    images->baseline = calloc(1, sizeof *images->baseline);
    if (images->baseline == NULL) {
      return GRAFT_MEMORY;
    }
  }
  struct baseline *state = images->baseline;
  if (!baseline_header(state, encoded, bytes) || state->width != width || state->height != height ||
      state->count != (colors == 0 ? 1 : CHANNELS) || (int64_t)width * height / PIXELS_PER_BYTE > bytes ||
      !baseline_scale(state, scale)) {
    return GRAFT_REFUSED;
  }
  mcus kept = find_mcus(state, needed);
  int32_t across = state->components[0].across * state->components[0].size;
  int32_t pixels = (kept.right - kept.left) * across;
  int32_t status = reserve(state, pixels, needed->reach);
  if (status != GRAFT_OK) {
    return status;
  }
  for (int32_t i = 0; i < TABLES; i++) {
    if (state->ac[i].defined) {
      huffman_build_several(&state->ac[i]);
    }
  }
  state->restarts = 0;
  state->to_restart = state->interval;
  return decode(images, needed, count, &kept, kept.left * across, pixels) ? GRAFT_OK : GRAFT_REFUSED;
}

void baseline_release(struct baseline *memory) {
  if (memory != NULL) {
    buffer_release(&memory->samples);
    buffer_release(&memory->lines);
    free(memory);
  }
}
