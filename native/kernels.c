/* The loops of the resize in plain C, which compilers turn into vectors, and the choice between all loops. */
#include <string.h>

#include "internal.h"

/* Tests define GRAFT_LOOPS as the loops to use, and GRAFT_LIBJPEG_ALONE so that libjpeg decodes all files. */

enum { HALF = 1 << (PRECISION_BITS - 1), CHUNK = 64 };

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t ints4 __attribute__((vector_size(16)));

static uint8_t byte_of(int32_t sum) {
  int32_t value = sum >> PRECISION_BITS;
  return (uint8_t)(value > 255 ? 255 : value);
}

static void horizontal(const uint8_t *row, int32_t origin, const axis *columns, const packed_axis *packed,
                       uint8_t *out) {
  (void)packed;
  for (int32_t i = 0; i < columns->count; i++, out += CHANNELS) {
    const uint8_t *from = row + (ptrdiff_t)CHANNELS * (columns->first[i] - origin);
    const int32_t *weights = columns->weights + columns->at[i];
    ints4 sum = {HALF, HALF, HALF, HALF};
    for (int32_t tap = 0; tap < columns->taps[i]; tap++, from += CHANNELS) {
      bytes4 pixel;
      memcpy(&pixel, from, sizeof pixel);
      sum += __builtin_convertvector(pixel, ints4) * weights[tap];
    }
    for (int32_t channel = 0; channel < CHANNELS; channel++) {
      out[channel] = byte_of(sum[channel]);
    }
  }
}

static void vertical(const uint8_t *const *rows, const int32_t *weights, int32_t taps, int64_t bytes, uint8_t *out) {
  for (int64_t x = 0; x < bytes; x += CHUNK) {
    int32_t sums[CHUNK];
    for (int32_t i = 0; i < CHUNK; i++) {
      sums[i] = HALF;
    }
    for (int32_t tap = 0; tap < taps; tap++) {
      const uint8_t *from = rows[tap] + x;
      int32_t weight = weights[tap];
      for (int32_t i = 0; i < CHUNK; i++) {
        sums[i] += from[i] * weight;
      }
    }
    for (int32_t i = 0; i < CHUNK; i++) {
      out[x + i] = byte_of(sums[i]);
    }
  }
}

const kernels kernels_portable = {"portable", 0, horizontal, vertical};

const kernels *kernels_best(void) {
#if defined(GRAFT_LOOPS)
  return &GRAFT_LOOPS;
#elif defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return &kernels_avx512;
  }
  if (__builtin_cpu_supports("avx2")) {
    return &kernels_avx2;
  }
  return &kernels_portable;
#else
  return &kernels_portable;
#endif
}

const pixel_loops *pixel_loops_best(void) {
#if defined(__x86_64__) && !defined(GRAFT_LIBJPEG_ALONE)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    return &pixel_loops_avx2;
  }
#endif
  return NULL;
}
