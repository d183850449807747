/* The functions of the library, and the checks of their arguments. */
#include "test/reference.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

struct graft_images {
  int unused;
};

int32_t graft_images_version(void) { return GRAFT_IMAGES_VERSION; }

const char *graft_images_describe(void) {
#ifdef GRAFT_LIBJPEG_STATIC
  return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) " (static), portable";
#else
  return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) ", portable";
#endif
}

graft_images *graft_images_new(void) { return calloc(1, sizeof(graft_images)); }

void graft_images_free(graft_images *images) { free(images); }

static bool factor(float value) { return value >= 0 && value <= 1024; }

static bool inside(int32_t from, int32_t size, int32_t whole) {
  return from >= 0 && size >= 1 && size <= whole && from <= whole - size;
}

/* Returns whether the views are within the image, with sizes that no sum overflows. */
static bool valid(int32_t width, int32_t height, int32_t orientation, int32_t scale, const graft_view *views,
                  int32_t count) {
  if (width < 1 || height < 1 || width > MOST_SIZE || height > MOST_SIZE || orientation < 1 || orientation > 8 ||
      (scale != 8 && scale != 4 && scale != 2 && scale != 1) || count < 1 || count > MOST_VIEWS) {
    return false;
  }
  int32_t across = orientation >= 5 ? height : width;
  int32_t down = orientation >= 5 ? width : height;
  for (const graft_view *view = views; view < views + count; view++) {
    if (!inside(view->box_left, view->box_width, across) || !inside(view->box_top, view->box_height, down) ||
        !inside(view->left, view->width, view->resized_width) ||
        !inside(view->top, view->height, view->resized_height) ||
        (int64_t)view->width * view->height > INT32_MAX / CHANNELS || !factor(view->brightness) ||
        !factor(view->contrast) || !factor(view->saturation)) {
      return false;
    }
  }
  return true;
}

int32_t graft_images_jpeg(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                          int32_t colors, int32_t orientation, int32_t scale, const graft_view *views, int32_t count,
                          uint8_t *out) {
  int32_t got_width, got_height;
  (void)images;
  if (!valid(width, height, orientation, scale, views, count) || colors < 0 || colors > 1 || bytes < 0) {
    return GRAFT_INVALID;
  }
  uint8_t *pixels = reference_decode(encoded, bytes, colors, scale, &got_width, &got_height);
  if (pixels == NULL || got_width != scaled_size(width, scale) || got_height != scaled_size(height, scale)) {
    free(pixels);
    return GRAFT_REFUSED;
  }
  int32_t status = reference_views(pixels, width, height, orientation, scale, views, count, out);
  free(pixels);
  return status;
}

int32_t graft_images_pixels(graft_images *images, const uint8_t *pixels, int32_t width, int32_t height,
                            int32_t orientation, const graft_view *views, int32_t count, uint8_t *out) {
  (void)images;
  if (!valid(width, height, orientation, FULL_SCALE, views, count)) {
    return GRAFT_INVALID;
  }
  return reference_views(pixels, width, height, orientation, FULL_SCALE, views, count, out);
}
