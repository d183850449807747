/*
 * Images at the size of a network's input: JPEG decoding, Pillow's bilinear resize, orientation and views.
 * The bytes are those of the Java classes of io.graft.image. Whatever this library does not decode exactly it refuses.
 */
#ifndef GRAFT_IMAGES_H
#define GRAFT_IMAGES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define GRAFT_EXPORT __declspec(dllexport)
#else
#define GRAFT_EXPORT __attribute__((visibility("default")))
#endif

/* The number changes whenever a caller of an earlier number would be wrong. */
#define GRAFT_IMAGES_VERSION 1

/* What the functions return. */
enum {
  GRAFT_OK = 0,
  GRAFT_REFUSED = -1, /* the file is damaged, or unusual; the caller must decode it in another way */
  GRAFT_INVALID = -2, /* an argument is out of range: a defect of the caller */
  GRAFT_MEMORY = -3   /* there is not enough memory */
};

/* The memory of one thread, which it uses again for each image. */
typedef struct graft_images graft_images;

/* One view of the upright image, in pixels of the image at full size. */
typedef struct {
  int32_t box_left, box_top, box_width, box_height; /* the part of the upright image */
  int32_t resized_width, resized_height;            /* the size that this part gets */
  int32_t left, top, width, height;                 /* the window of the resized part that is wanted */
  int32_t flipped;                                  /* 1 to exchange left and right, after the resize */
  float brightness, contrast, saturation;           /* factors, applied in this order; 1 changes nothing */
} graft_view;

GRAFT_EXPORT int32_t graft_images_version(void);

/*
 * Returns the version of libjpeg-turbo, how it is linked and the instructions in use: "libjpeg-turbo 2.1.5 (static),
 * AVX2". Returns NULL if the libjpeg that was loaded does not fit the headers that this library was compiled with.
 */
GRAFT_EXPORT const char *graft_images_describe(void);

/* Returns NULL if there is not enough memory, or if libjpeg does not fit. */
GRAFT_EXPORT graft_images *graft_images_new(void);

/* NULL is allowed. */
GRAFT_EXPORT void graft_images_free(graft_images *images);

/*
 * Decodes a JPEG file into views of it. The views share one decoding.
 *
 * colors       0 for greyscale, 1 for YCbCr; the file's own hints are ignored
 * orientation  1 to 8, as in EXIF
 * scale        8 for full size; 4, 2 or 1 for that many eighths of it, by a smaller inverse DCT. The box and the sizes
 *              of a view stay those of the full size. A box then begins and ends within pixels of the smaller image:
 *              the resize uses the fractions as Pillow does for a box of fractional numbers, and a pixel that is
 *              partly in the box counts as one of the box. Other pixels do not count.
 * out          the views one after the other, each uint8 HWC RGB, height x width x 3; undefined after a failure
 */
GRAFT_EXPORT int32_t graft_images_jpeg(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width,
                                       int32_t height, int32_t colors, int32_t orientation, int32_t scale,
                                       const graft_view *views, int32_t count, uint8_t *out);

/* The same from pixels, uint8 HWC RGB, height x width x 3. */
GRAFT_EXPORT int32_t graft_images_pixels(graft_images *images, const uint8_t *pixels, int32_t width, int32_t height,
                                         int32_t orientation, const graft_view *views, int32_t count, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
