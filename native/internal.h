/* What the files of this library share. */
#ifndef GRAFT_INTERNAL_H
#define GRAFT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graft_images.h"

enum { PRECISION_BITS = 22, CHANNELS = 3, FULL_SCALE = 8, MOST_VIEWS = 1 << 16, MOST_SIZE = 1 << 22 };

/* Memory that grows and is used again. */
typedef struct {
  void *at;
  size_t size;
} buffer;

/* Returns the memory, at least `size` bytes large, with undefined content; NULL if there is not enough. */
void *buffer_reserve(buffer *memory, size_t size);
void buffer_release(buffer *memory);

/*
 * The weights of one axis of a resize. Output i sums weights[at[i]] to weights[at[i] + taps[i] - 1] times the inputs
 * from first[i] on.
 */
typedef struct {
  int32_t count;
  int32_t box;        /* how many inputs are at least partly in the box */
  int32_t begin, end; /* the inputs that some output uses */
  int32_t most_taps;
  int32_t *first, *taps, *at, *weights;
  buffer memory;
} axis;

/* What an axis of a view is, in pixels of the upright image at full size. */
typedef struct {
  int32_t size;             /* of the upright image */
  int32_t box, box_size;    /* the part of it */
  int32_t resized;          /* what the part becomes */
  int32_t window, count;    /* the outputs that are wanted */
  bool mirrored;            /* whether the stored image has the other direction */
  bool reversed;            /* whether the outputs are wanted in the other direction */
} span;

/* Returns the size of an image at so many eighths, as libjpeg computes it. */
int32_t scaled_size(int32_t size, int32_t scale);

/* Computes the weights for inputs of the stored image at so many eighths of its size. */
int32_t axis_build(axis *result, const span *wanted, int32_t scale);

/* Returns whether Pillow resizes the rows of a view before its columns, which shows in the result. */
bool rows_first(const axis *columns, const axis *rows, const graft_view *view);

/* Changes the colours of width x height pixels in place. */
void colors_change(uint8_t *pixels, int64_t count, const graft_view *view);

#endif
