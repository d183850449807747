/* The inverse DCT to blocks of 2 x 2 and of 1 x 1, exactly as libjpeg computes it (jidctred.c). */
#include "baseline.h"

enum { CONST_BITS = 13, PASS1_BITS = 2, CENTER = 128 };

/* The odd part of one dimension. The even part is the first coefficient alone. */
static int32_t odd(const int32_t values[BLOCK]) {
  return values[1] * 29692 - values[3] * 10426 + values[5] * 6967 - values[7] * 5906;
}

static int32_t shifted(int32_t value, int32_t bits) { return (value + (1 << (bits - 1))) >> bits; }

static uint8_t sample(int32_t value) {
  value += CENTER;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void invert_2x2(const int16_t *coefficients, int32_t last, uint8_t *out, int64_t stride) {
  enum { LAST_BITS = PASS1_BITS + 3 };
  if (last == 0) {
    uint8_t all = sample(shifted(coefficients[0] * (1 << PASS1_BITS), LAST_BITS));
    out[0] = out[1] = out[stride] = out[stride + 1] = all;
    return;
  }
  int32_t rows[2][BLOCK];
  for (int32_t x = 0; x < BLOCK; x++) {
    int32_t column[BLOCK];
    for (int32_t y = 0; y < BLOCK; y++) {
      column[y] = coefficients[y * BLOCK + x];
    }
    int32_t even = column[0] * (1 << (CONST_BITS + 2));
    rows[0][x] = shifted(even + odd(column), CONST_BITS - PASS1_BITS + 2);
    rows[1][x] = shifted(even - odd(column), CONST_BITS - PASS1_BITS + 2);
  }
  for (int32_t y = 0; y < 2; y++) {
    int32_t even = rows[y][0] * (1 << (CONST_BITS + 2));
    out[y * stride] = sample(shifted(even + odd(rows[y]), CONST_BITS + LAST_BITS + 2));
    out[y * stride + 1] = sample(shifted(even - odd(rows[y]), CONST_BITS + LAST_BITS + 2));
  }
}

bool invert_1x1(int32_t coefficient, uint8_t *out) {
  *out = sample(shifted(coefficient, 3));
  return coefficient <= MOST_AVERAGE && coefficient >= -MOST_AVERAGE;
}
