/* One view of an image, made from the rows of the stored image as they come. */
#include <string.h>

#include "internal.h"

/* The ring keeps as many rows as an output has taps, unless that is more memory than this. */
enum { MOST_RING_BYTES = 1 << 23, MOST_KEPT_TAPS = 8, MOST_SUMS = 4 };

/* Sets the axes. An axis of the upright image lies on either axis of the stored image, in either direction. */
static int32_t build_axes(resizer *state, const graft_view *view, int32_t width, int32_t height, int32_t orientation,
                          int32_t scale) {
  bool mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  bool upside_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  state->transposed = orientation >= 5;
  span across = {.size = state->transposed ? height : width,
                 .box = view->box_left,
                 .box_size = view->box_width,
                 .resized = view->resized_width,
                 .window = view->left,
                 .count = view->width,
                 .mirrored = mirrored};
  span down = {.size = state->transposed ? width : height,
               .box = view->box_top,
               .box_size = view->box_height,
               .resized = view->resized_height,
               .window = view->top,
               .count = view->height,
               .mirrored = upside_down};
  bool flipped = view->flipped != 0;
  if (state->transposed) {
    state->rows_descending = across.mirrored != flipped;
    across.reversed = across.mirrored;
  } else {
    state->rows_descending = down.mirrored;
    down.reversed = down.mirrored;
    across.reversed = flipped;
  }
  axis *columns = state->transposed ? &state->rows : &state->columns;
  axis *rows = state->transposed ? &state->columns : &state->rows;
  int32_t status = axis_build(columns, &across, scale);
  status = status == GRAFT_OK ? axis_build(rows, &down, scale) : status;
  if (status == GRAFT_OK) {
    state->rows_first = rows_first(columns, rows, view) != state->transposed;
  }
  return status;
}

int32_t resizer_begin(resizer *state, const kernels *loops, const graft_view *view, int32_t width, int32_t height,
                      int32_t orientation, int32_t scale, uint8_t *out) {
  state->view = view;
  state->out = out;
  int32_t status = build_axes(state, view, width, height, orientation, scale);
  if (status == GRAFT_OK) {
    state->packed.reach = 2;
    status = loops->lanes == 0 ? GRAFT_OK : packed_build(&state->packed, &state->columns, loops->lanes);
  }
  if (status != GRAFT_OK) {
    return status;
  }
  int64_t pixels = state->rows_first ? state->columns.end - state->columns.begin : state->columns.count;
  state->row_bytes = pixels * CHANNELS;
  /* The horizontal loop reads beyond a row that the vertical one has made. */
  state->stride = (state->row_bytes + (int64_t)CHANNELS * state->packed.reach + 2 * PADDING + 63) / 64 * 64;
  state->kept = state->rows.most_taps;
  if (state->kept > MOST_KEPT_TAPS && state->kept > MOST_RING_BYTES / state->stride) {
    state->kept = 0;
    int32_t *sums = buffer_reserve(&state->sums, (size_t)(MOST_SUMS * state->row_bytes) * sizeof(int32_t));
    if (sums == NULL) {
      return GRAFT_MEMORY;
    }
  }
  size_t rows = state->kept == 0 ? 1 : (size_t)state->kept;
  int64_t results = (int64_t)state->columns.count * CHANNELS;
  int64_t longest = state->row_bytes > results ? state->stride : results + state->stride;
  uint8_t *line = buffer_reserve(&state->line, 2 * (size_t)longest + PADDING);
  if (line == NULL || buffer_reserve(&state->ring, rows * (size_t)state->stride) == NULL ||
      buffer_reserve(&state->pointers, rows * sizeof(uint8_t *)) == NULL) {
    return GRAFT_MEMORY;
  }
  memset(line, 0, 2 * (size_t)longest + PADDING);
  resizer_restart(state);
  return GRAFT_OK;
}

void resizer_restart(resizer *state) {
  state->next = 0;
  if (state->kept == 0) {
    memset(state->sums.at, 0, (size_t)(MOST_SUMS * state->row_bytes) * sizeof(int32_t));
  }
}

/* Writes the pixels of a finished row of the stored image to their places in the view. */
static void place(const resizer *state, const uint8_t *pixels) {
  int32_t count = state->columns.count;
  int32_t at = state->rows_descending ? state->rows.count - 1 - state->next : state->next;
  if (!state->transposed) {
    memcpy(state->out + (ptrdiff_t)at * count * CHANNELS, pixels, (size_t)count * CHANNELS);
    return;
  }
  uint8_t *to = state->out + (ptrdiff_t)at * CHANNELS;
  for (int32_t i = 0; i < count; i++, to += (ptrdiff_t)state->rows.count * CHANNELS, pixels += CHANNELS) {
    to[0] = pixels[0];
    to[1] = pixels[1];
    to[2] = pixels[2];
  }
}

/* Completes an output from its row after the vertical loop, whose place is the first half of `line`. */
static void complete(resizer *state, const kernels *loops) {
  uint8_t *line = state->line.at;
  if (state->rows_first) {
    uint8_t *result = line + state->stride;
    loops->horizontal(line, state->columns.begin, &state->columns, &state->packed, result);
    line = result;
  }
  place(state, line);
  state->next++;
}

static void sum_row(resizer *state, const kernels *loops, int32_t y, const uint8_t *row) {
  const axis *rows = &state->rows;
  int32_t *all = state->sums.at;
  for (int32_t i = state->next; i < rows->count && rows->first[i] <= y && i < state->next + MOST_SUMS; i++) {
    int32_t tap = y - rows->first[i];
    int32_t weight = tap < rows->taps[i] ? rows->weights[rows->at[i] + tap] : 0;
    int32_t *sums = all + (i % MOST_SUMS) * state->row_bytes;
    for (int64_t x = 0; x < state->row_bytes; x++) {
      sums[x] += row[x] * weight;
    }
  }
  while (state->next < rows->count && rows->first[state->next] + rows->taps[state->next] == y + 1) {
    int32_t *sums = all + (state->next % MOST_SUMS) * state->row_bytes;
    uint8_t *line = state->line.at;
    for (int64_t x = 0; x < state->row_bytes; x++) {
      int32_t value = (sums[x] + (1 << (PRECISION_BITS - 1))) >> PRECISION_BITS;
      line[x] = (uint8_t)(value > 255 ? 255 : value);
      sums[x] = 0;
    }
    complete(state, loops);
  }
}

void resizer_row(resizer *state, const kernels *loops, int32_t y, const uint8_t *row, int32_t origin) {
  const axis *rows = &state->rows;
  if (y < rows->begin || y >= rows->end) {
    return;
  }
  uint8_t *ring = state->ring.at;
  uint8_t *slot = state->kept == 0 ? ring : ring + (y % state->kept) * state->stride;
  if (state->rows_first) {
    memcpy(slot, row + (ptrdiff_t)CHANNELS * (state->columns.begin - origin), (size_t)state->row_bytes);
  } else {
    loops->horizontal(row, origin, &state->columns, &state->packed, slot);
  }
  if (state->kept == 0) {
    sum_row(state, loops, y, slot);
    return;
  }
  const uint8_t **pointers = state->pointers.at;
  while (state->next < rows->count && rows->first[state->next] + rows->taps[state->next] == y + 1) {
    int32_t first = rows->first[state->next];
    for (int32_t tap = 0; tap < rows->taps[state->next]; tap++) {
      pointers[tap] = ring + ((first + tap) % state->kept) * state->stride;
    }
    const int32_t *weights = rows->weights + rows->at[state->next];
    loops->vertical(pointers, weights, rows->taps[state->next], state->row_bytes, state->line.at);
    complete(state, loops);
  }
}

void resizer_end(resizer *state) {
  colors_change(state->out, (int64_t)state->view->width * state->view->height, state->view);
}

void resizer_release(resizer *state) {
  buffer *all[] = {&state->columns.memory, &state->rows.memory, &state->packed.memory, &state->ring,
                   &state->sums,           &state->line,        &state->pointers};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    buffer_release(all[i]);
  }
}
