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

/* Changes the colours of so many pixels in place. */
void colors_change(uint8_t *pixels, int64_t count, const graft_view *view);

/* How many bytes after a row of pixels the loops may read, and after a row of results may write. */
enum { PADDING = 64 };

/*
 * The weights of an axis for vectors. Each group of `lanes` outputs has so many blocks; a block holds four taps of each
 * output of the group.
 */
typedef struct {
  int32_t groups;
  int32_t reach;    /* how many pixels after the last input that has a weight are read, at most */
  int32_t *first;   /* of each output; the last group is filled up */
  int32_t *blocks;  /* of each group */
  int16_t *weights; /* for each block, group and output: upper parts of four weights, then lower parts */
  buffer memory;
} packed_axis;

/*
 * The loops for one kind of processor. A weight w is used as (w >> 11) and (w & 2047), so that products with bytes fit
 * in multiply-adds of 16-bit numbers, with exact sums of 32 bits.
 */
typedef struct {
  const char *name;
  int32_t lanes; /* outputs in a group; 0 if packed_axis is not used */
  /* Writes columns->count pixels. `row` begins with the pixel `origin` of the image. Writes PADDING bytes more. */
  void (*horizontal)(const uint8_t *row, int32_t origin, const axis *columns, const packed_axis *packed, uint8_t *out);
  /* Writes one row of sums over rows. May write PADDING bytes more, and reads that much more of each row. */
  void (*vertical)(const uint8_t *const *rows, const int32_t *weights, int32_t taps, int64_t bytes, uint8_t *out);
} kernels;

extern const kernels kernels_portable;
#if defined(__x86_64__)
extern const kernels kernels_avx2, kernels_avx512;
#endif

/* The steps from coefficients to pixels, exactly as libjpeg computes them: ISLOW, with smooth upsampling. */
typedef struct {
  /* Inverts a block of 8 x 8 coefficients; all after the place `last` in zigzag order are 0. */
  void (*invert)(const int16_t *coefficients, int32_t last, uint8_t *out, int64_t stride);
  /*
   * Doubles a row of `count` columns: 3 parts of a column and 1 of its neighbour, plus `left` or `right`, shifted by
   * `shift`. Reads one column on both sides, and up to PADDING columns more.
   */
  void (*widen)(const uint16_t *row, int32_t count, int32_t left, int32_t right, int32_t shift, uint8_t *out);
  /* Sums 3 parts of a row and 1 of another. Reads and writes up to PADDING columns more, as the next does. */
  void (*blend)(const uint8_t *near, const uint8_t *other, int32_t count, uint16_t *out);
  void (*to_rgb)(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, int32_t count, uint8_t *out);
} pixel_loops;

#if defined(__x86_64__)
extern const pixel_loops pixel_loops_avx2;
#endif

/* Returns NULL if this processor has none. */
const pixel_loops *pixel_loops_best(void);

/* Returns the fastest loops that this processor has. */
const kernels *kernels_best(void);

int32_t packed_build(packed_axis *result, const axis *source, int32_t lanes);

/* One view in progress. It takes the rows of the stored image in their order. */
typedef struct {
  const graft_view *view;
  axis columns, rows; /* of the stored image; the outputs of `rows` are in the order of its rows */
  packed_axis packed;
  bool rows_first;     /* whether the stored image is resized vertically first */
  bool transposed;     /* whether the rows of the stored image are columns of the view */
  bool rows_descending; /* whether the outputs of `rows` are wanted in the other order */
  int32_t next;        /* the output of `rows` that is not complete */
  int32_t kept;        /* how many rows the ring keeps; 0 if sums are kept instead */
  int64_t row_bytes;   /* of a row in the ring */
  int64_t stride;      /* from one row of the ring to the next */
  buffer ring, sums, line, pointers;
  uint8_t *out;
} resizer;

/* Prepares a view of a stored image whose full size is width x height. */
int32_t resizer_begin(resizer *state, const kernels *loops, const graft_view *view, int32_t width, int32_t height,
                      int32_t orientation, int32_t scale, uint8_t *out);
/* Takes row y, which begins with the pixel `origin`; more than PADDING + packed.reach pixels after it are readable. */
void resizer_row(resizer *state, const kernels *loops, int32_t y, const uint8_t *row, int32_t origin);
/* Forgets all rows. */
void resizer_restart(resizer *state);
void resizer_end(resizer *state);
void resizer_release(resizer *state);

/* The memory of one thread. */
struct graft_images {
  const kernels *loops;
  resizer *resizers;
  int32_t resizer_count;
  buffer rows;
  const pixel_loops *pixel_loops;
  struct baseline *baseline; /* NULL until the first use */
};

/* The part of the stored image that some view needs. */
typedef struct {
  int32_t left, top, right, bottom;
  int32_t reach; /* how many pixels after the last column are read, at most */
} region;

/* Decodes the region and gives each row of it to the views. Returns a status. */
int32_t jpeg_rows(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                  int32_t colors, int32_t scale, const region *needed, int32_t count);

/*
 * The same by a decoder that is faster than libjpeg's, for the most common kind of file: baseline in one scan. Returns
 * GRAFT_REFUSED for everything else, and for every file of which libjpeg should decide.
 */
int32_t baseline_rows(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                      int32_t colors, int32_t scale, const region *needed, int32_t count);
void baseline_release(struct baseline *memory);

/* Gives a row to the views. */
void images_row(graft_images *images, int32_t count, int32_t y, const uint8_t *row, int32_t origin);

/* Returns whether libjpeg fits the headers. */
bool jpeg_fits(void);

#endif
