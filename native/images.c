/* The functions of the library, and the checks of their arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "internal.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#ifdef GRAFT_LIBJPEG_STATIC
#define LIBJPEG "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) " (static)"
#else
#define LIBJPEG "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION)
#endif

/* Callers in other languages write views as bytes. */
_Static_assert(sizeof(graft_view) == 14 * sizeof(int32_t), "a view is eleven integers and three floats");

int32_t graft_images_version(void) { return GRAFT_IMAGES_VERSION; }

const char *graft_images_describe(void) {
  if (!jpeg_fits()) {
    return NULL;
  }
#if defined(__x86_64__)
  if (kernels_best() == &kernels_avx512) {
    return LIBJPEG ", AVX-512";
  }
  if (kernels_best() == &kernels_avx2) {
    return LIBJPEG ", AVX2";
  }
#endif
  return LIBJPEG ", portable";
}

graft_images *graft_images_new(void) {
  graft_images *images = jpeg_fits() ? calloc(1, sizeof *images) : NULL;
  if (images != NULL) {
    images->loops = kernels_best();
    images->pixel_loops = pixel_loops_best();
  }
  return images;
}

void graft_images_free(graft_images *images) {
  if (images == NULL) {
    return;
  }
  for (int32_t i = 0; i < images->resizer_count; i++) {
    resizer_release(&images->resizers[i]);
  }
  free(images->resizers);
  buffer_release(&images->rows);
  baseline_release(images->baseline);
  free(images);
}

static bool is_factor(float value) { return value >= 0 && value <= 1024; }

static bool is_inside(int32_t from, int32_t size, int32_t whole) {
  return from >= 0 && size >= 1 && size <= whole && from <= whole - size;
}

static bool is_valid(int32_t width, int32_t height, int32_t orientation, int32_t scale, const graft_view *views,
                     int32_t count) {
  if (width < 1 || height < 1 || orientation < 1 || orientation > 8 || count < 1 || count > MOST_VIEWS ||
      (scale != FULL_SCALE && scale != 4 && scale != 2 && scale != 1)) {
    return false;
  }
  int32_t across = orientation >= 5 ? height : width;
  int32_t down = orientation >= 5 ? width : height;
  for (const graft_view *view = views; view < views + count; view++) {
    if (!is_inside(view->box_left, view->box_width, across) || !is_inside(view->box_top, view->box_height, down) ||
        !is_inside(view->left, view->width, view->resized_width) ||
        !is_inside(view->top, view->height, view->resized_height) ||
        (int64_t)view->width * view->height > INT32_MAX / CHANNELS || !is_factor(view->brightness) ||
        !is_factor(view->contrast) || !is_factor(view->saturation)) {
      return false;
    }
  }
  return true;
}

/* Prepares the views and finds what they need. */
static int32_t begin(graft_images *images, int32_t width, int32_t height, int32_t orientation, int32_t scale,
                     const graft_view *views, int32_t count, uint8_t *out, region *needed) {
  if (width > MOST_SIZE || height > MOST_SIZE) {
    return GRAFT_REFUSED;
  }
  if (count > images->resizer_count) {
    resizer *more = realloc(images->resizers, (size_t)count * sizeof *more);
    if (more == NULL) {
      return GRAFT_MEMORY;
    }
    memset(more + images->resizer_count, 0, (size_t)(count - images->resizer_count) * sizeof *more);
    images->resizers = more;
    images->resizer_count = count;
  }
  *needed = (region){INT32_MAX, INT32_MAX, 0, 0, 0};
  for (int32_t i = 0; i < count; i++) {
    resizer *state = &images->resizers[i];
    int32_t status = resizer_begin(state, images->loops, &views[i], width, height, orientation, scale, out);
    if (status != GRAFT_OK) {
      return status;
    }
    out += (ptrdiff_t)views[i].width * views[i].height * CHANNELS;
    needed->left = state->columns.begin < needed->left ? state->columns.begin : needed->left;
    needed->right = state->columns.end > needed->right ? state->columns.end : needed->right;
    needed->top = state->rows.begin < needed->top ? state->rows.begin : needed->top;
    needed->bottom = state->rows.end > needed->bottom ? state->rows.end : needed->bottom;
    needed->reach = state->packed.reach > needed->reach ? state->packed.reach : needed->reach;
  }
  return GRAFT_OK;
}

void images_row(graft_images *images, int32_t count, int32_t y, const uint8_t *row, int32_t origin) {
  for (int32_t i = 0; i < count; i++) {
    resizer_row(&images->resizers[i], images->loops, y, row, origin);
  }
}

static void end(graft_images *images, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    resizer_end(&images->resizers[i]);
  }
}

int32_t graft_images_jpeg(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                          int32_t colors, int32_t orientation, int32_t scale, const graft_view *views, int32_t count,
                          uint8_t *out) {
  if (!is_valid(width, height, orientation, scale, views, count) || colors < 0 || colors > 1 || bytes < 0) {
    return GRAFT_INVALID;
  }
  region needed;
  int32_t status = begin(images, width, height, orientation, scale, views, count, out, &needed);
  if (status != GRAFT_OK) {
    return status;
  }
  status = baseline_rows(images, encoded, bytes, width, height, colors, scale, &needed, count);
  if (status == GRAFT_REFUSED) {
    for (int32_t i = 0; i < count; i++) {
      resizer_restart(&images->resizers[i]);
    }
    status = jpeg_rows(images, encoded, bytes, width, height, colors, scale, &needed, count);
  }
  if (status == GRAFT_OK) {
    end(images, count);
  }
  return status;
}

int32_t graft_images_pixels(graft_images *images, const uint8_t *pixels, int32_t width, int32_t height,
                            int32_t orientation, const graft_view *views, int32_t count, uint8_t *out) {
  if (!is_valid(width, height, orientation, FULL_SCALE, views, count)) {
    return GRAFT_INVALID;
  }
  region needed;
  int32_t status = begin(images, width, height, orientation, FULL_SCALE, views, count, out, &needed);
  if (status != GRAFT_OK) {
    return status;
  }
  int64_t stride = (int64_t)width * CHANNELS;
  int64_t read = stride + (int64_t)needed.reach * CHANNELS + PADDING;
  uint8_t *copy = buffer_reserve(&images->rows, (size_t)read);
  if (copy == NULL) {
    return GRAFT_MEMORY;
  }
  memset(copy, 0, (size_t)read);
  for (int32_t y = needed.top; y < needed.bottom; y++) {
    const uint8_t *row = pixels + y * stride;
    /* The loops read more than a row, which must not be after the last one. */
    if (y * stride + read > height * stride) {
      memcpy(copy, row, (size_t)stride);
      row = copy;
    }
    images_row(images, count, y, row, 0);
  }
  end(images, count);
  return GRAFT_OK;
}
