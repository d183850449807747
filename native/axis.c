/*
 * The weights of Pillow's antialiased bilinear resize (src/libImaging/Resample.c of Pillow 13): a triangle filter as
 * wide as the reduction factor, in 22-bit fixed point.
 */
#include <math.h>
#include <stdlib.h>

#include "internal.h"

void *buffer_reserve(buffer *memory, size_t size) {
  if (memory->size < size) {
    free(memory->at);
    memory->size = 0;
    size_t rounded = (size + size / 4 + 127) / 64 * 64;
    memory->at = rounded < size ? NULL : aligned_alloc(64, rounded);
    if (memory->at == NULL) {
      return NULL;
    }
    memory->size = rounded;
  }
  return memory->at;
}

void buffer_release(buffer *memory) {
  free(memory->at);
  memory->at = NULL;
  memory->size = 0;
}

int32_t scaled_size(int32_t size, int32_t scale) {
  return (int32_t)(((int64_t)size * scale + FULL_SCALE - 1) / FULL_SCALE);
}

/* The box of an axis in the scaled image, in the direction of the upright image. */
typedef struct {
  int32_t base, limit; /* the first pixel that is at least partly in the box, and how many are */
  double offset;       /* of the box in its first pixel */
  double step;         /* inputs per output */
} place;

static place find(const span *wanted, int32_t scale) {
  int32_t scaled = scaled_size(wanted->size, scale);
  /* In eighths of a pixel. A mirrored image begins with what the scaled image has too much. */
  int64_t begin = (int64_t)wanted->box * scale;
  if (wanted->mirrored) {
    begin += (int64_t)scaled * FULL_SCALE - (int64_t)wanted->size * scale;
  }
  int64_t end = begin + (int64_t)wanted->box_size * scale;
  int32_t last = (int32_t)((end + FULL_SCALE - 1) / FULL_SCALE);
  place result;
  result.base = (int32_t)(begin / FULL_SCALE);
  result.limit = (last < scaled ? last : scaled) - result.base;
  result.offset = (double)(begin % FULL_SCALE) / FULL_SCALE;
  result.step = (double)wanted->box_size / wanted->resized;
  if (scale != FULL_SCALE) {
    result.step = result.step * scale / FULL_SCALE;
  }
  return result;
}

/* Writes the weights of one output. Returns their number, and the first input in `low`. */
static int32_t weigh(const place *box, int64_t output, int32_t *weights, int32_t *low) {
  double support = box->step > 1 ? box->step : 1;
  double inverse = 1 / support;
  double center = box->offset + ((double)output + 0.5) * box->step;
  int32_t from = (int32_t)(center - support + 0.5);
  int32_t to = (int32_t)(center + support + 0.5);
  from = from < 0 ? 0 : from;
  to = to > box->limit ? box->limit : to;
  double sum = 0;
  for (int32_t x = 0; x < to - from; x++) {
    sum += fmax(0, 1 - fabs((x + from - center + 0.5) * inverse));
  }
  int32_t begin = 0;
  int32_t count = 0;
  for (int32_t x = 0; x < to - from; x++) {
    double exact = fmax(0, 1 - fabs((x + from - center + 0.5) * inverse));
    double weight = sum == 0 ? exact : exact / sum;
    int32_t fixed = (int32_t)(0.5 + weight * (1 << PRECISION_BITS));
    /* Zeros at both ends change nothing. */
    if (fixed != 0) {
      begin = count == 0 ? x : begin;
      for (; begin + count < x; count++) {
        weights[count] = 0;
      }
      weights[count++] = fixed;
    }
  }
  if (count == 0) {
    weights[count++] = 0;
    from = from < box->limit ? from : box->limit - 1;
  }
  *low = from + begin;
  return count;
}

static void reverse(int32_t *values, int32_t count) {
  for (int32_t i = 0, j = count - 1; i < j; i++, j--) {
    int32_t value = values[i];
    values[i] = values[j];
    values[j] = value;
  }
}

int32_t axis_build(axis *result, const span *wanted, int32_t scale) {
  place box = find(wanted, scale);
  double support = box.step > 1 ? box.step : 1;
  size_t count = (size_t)wanted->count;
  /* No output has more taps than the box has pixels. */
  size_t most = (size_t)fmin(2 * support + 3, (double)box.limit);
  if (most > SIZE_MAX / 8 / (count + 1) || (int64_t)(most * count) > INT32_MAX) {
    return GRAFT_MEMORY;
  }
  int32_t *memory = buffer_reserve(&result->memory, (count * 3 + most * count) * sizeof(int32_t));
  if (memory == NULL) {
    return GRAFT_MEMORY;
  }
  result->count = wanted->count;
  result->box = box.limit;
  result->first = memory;
  result->taps = memory + count;
  result->at = memory + 2 * count;
  result->weights = memory + 3 * count;
  result->begin = INT32_MAX;
  result->end = 0;
  result->most_taps = 0;
  int32_t scaled = scaled_size(wanted->size, scale);
  int32_t used = 0;
  for (int32_t i = 0; i < wanted->count; i++) {
    int64_t output = (int64_t)wanted->window + (wanted->reversed ? wanted->count - 1 - i : i);
    int32_t low;
    int32_t taps = weigh(&box, output, result->weights + used, &low);
    low += box.base;
    if (wanted->mirrored) {
      low = scaled - low - taps;
      reverse(result->weights + used, taps);
    }
    result->first[i] = low;
    result->taps[i] = taps;
    result->at[i] = used;
    used += taps;
    result->begin = low < result->begin ? low : result->begin;
    result->end = low + taps > result->end ? low + taps : result->end;
    result->most_taps = taps > result->most_taps ? taps : result->most_taps;
  }
  return GRAFT_OK;
}

/* Since version 13 (pull request 9549), Pillow does so if the image loses more than two rows for each lost column. */
bool rows_first(const axis *columns, const axis *rows, const graft_view *view) {
  int64_t lost = (int64_t)rows->box - view->resized_height;
  return lost > 0 && lost > 2 * ((int64_t)columns->box - view->resized_width);
}
