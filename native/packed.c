/* Weights in the order in which vectors read them. */
#include <string.h>

#include "internal.h"

enum { TAPS = 4, LOW_BITS = 11 };

int32_t packed_build(packed_axis *result, const axis *source, int32_t lanes) {
  int32_t groups = (source->count + lanes - 1) / lanes;
  int64_t blocks = 0;
  for (int32_t group = 0; group < groups; group++) {
    int32_t most = 1;
    for (int32_t i = group * lanes; i < source->count && i < (group + 1) * lanes; i++) {
      most = source->taps[i] > most ? source->taps[i] : most;
    }
    blocks += (most + TAPS - 1) / TAPS;
  }
  size_t block_bytes = (size_t)lanes * TAPS * 2 * sizeof(int16_t);
  size_t first_bytes = ((size_t)groups * (size_t)lanes * sizeof(int32_t) + 63) / 64 * 64;
  size_t count_bytes = ((size_t)groups * sizeof(int32_t) + 63) / 64 * 64;
  uint8_t *memory = buffer_reserve(&result->memory, first_bytes + count_bytes + (size_t)blocks * block_bytes);
  if (memory == NULL) {
    return GRAFT_MEMORY;
  }
  result->groups = groups;
  result->first = (int32_t *)(void *)memory;
  result->blocks = (int32_t *)(void *)(memory + first_bytes);
  result->weights = (int16_t *)(void *)(memory + first_bytes + count_bytes);
  memset(result->weights, 0, (size_t)blocks * block_bytes);
  result->reach = 0;
  int16_t *weights = result->weights;
  for (int32_t group = 0; group < groups; group++) {
    int32_t most = 1;
    for (int32_t lane = 0; lane < lanes; lane++) {
      int32_t i = group * lanes + lane;
      result->first[i] = source->first[i < source->count ? i : source->count - 1];
      if (i < source->count) {
        most = source->taps[i] > most ? source->taps[i] : most;
      }
    }
    int32_t count = (most + TAPS - 1) / TAPS;
    result->blocks[group] = count;
    for (int32_t lane = 0; lane < lanes; lane++) {
      int32_t i = group * lanes + lane;
      int32_t reach = result->first[i] + count * TAPS - source->end;
      result->reach = reach > result->reach ? reach : result->reach;
      for (int32_t tap = 0; i < source->count && tap < source->taps[i]; tap++) {
        int32_t weight = source->weights[source->at[i] + tap];
        int16_t *block = weights + ((tap / TAPS) * lanes + lane) * TAPS * 2;
        block[tap % TAPS] = (int16_t)(weight >> LOW_BITS);
        block[TAPS + tap % TAPS] = (int16_t)(weight & ((1 << LOW_BITS) - 1));
      }
    }
    weights += count * lanes * TAPS * 2;
  }
  return GRAFT_OK;
}
