/* The plain way to the same bytes: the whole image is decoded, turned upright, and resized by loops over numbers. */
#ifndef GRAFT_REFERENCE_H
#define GRAFT_REFERENCE_H

#include "../internal.h"

/* Returns the whole image as stored, uint8 HWC RGB, which the caller frees; NULL if libjpeg refuses it or warns. */
uint8_t *reference_decode(const uint8_t *encoded, int64_t bytes, int32_t colors, int32_t scale, int32_t *width,
                          int32_t *height);

/* Resizes pixels of an image whose size in full was width x height. Returns a status. */
int32_t reference_views(const uint8_t *pixels, int32_t width, int32_t height, int32_t orientation, int32_t scale,
                        const graft_view *views, int32_t count, uint8_t *out);

#endif
