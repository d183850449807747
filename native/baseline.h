/* The state of the decoder for baseline JPEG files. */
#ifndef GRAFT_BASELINE_H
#define GRAFT_BASELINE_H

#include "huffman.h"
#include "internal.h"

enum {
  TABLES = 4,
  BLOCK = 8,
  /* libjpeg limits larger averages of a block in another way. */
  MOST_AVERAGE = 4000
};

typedef struct {
  int32_t id;
  int32_t across, down; /* blocks in an MCU */
  int32_t size;         /* columns and rows of samples that a block becomes */
  int32_t quantization, dc, ac;
  int32_t last_dc;
  uint8_t *samples; /* the newest rows: row y is at (y % rows) * stride */
  int32_t rows;
  int64_t stride;
} component;

struct baseline {
  huffman dc[TABLES], ac[TABLES];
  uint16_t quantization[TABLES][PLACES]; /* in zigzag order */
  bool has_quantization[TABLES];
  component components[CHANNELS];
  int32_t count; /* of components */
  int32_t width, height;        /* of the file */
  int32_t out_width, out_height; /* of what it becomes */
  int32_t interval; /* of restart markers, in MCUs; 0 without them */
  int32_t restarts, to_restart;
  bit_reader bits;
  buffer samples, lines;
  uint16_t *sums;   /* chroma times its factors, before it is doubled in width; readable from EDGE columns before it */
  uint8_t *wide[2]; /* chroma at full width */
  uint8_t *row;     /* RGB */
};

/*
 * Reads all segments up to the data of the scan, at which `bits` then is. Returns false if the file is not baseline
 * with one scan in the usual sampling, or has anything that libjpeg may warn of.
 */
bool baseline_header(struct baseline *state, const uint8_t *encoded, int64_t bytes);

/* Sets the sizes of blocks at so many eighths of the image. Returns false if libjpeg should decide. */
bool baseline_scale(struct baseline *state, int32_t scale);

/* Inverts a block; all coefficients after the place `last` in zigzag order are 0. */
void invert_2x2(const int16_t *coefficients, int32_t last, uint8_t *out, int64_t stride);

/* Inverts a block to its average. Returns false if libjpeg should decide. */
bool invert_1x1(int32_t coefficient, uint8_t *out);

#endif
