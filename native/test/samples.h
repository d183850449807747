/* JPEG files, image options and damage, all drawn from a seed. */
#ifndef GRAFT_SAMPLES_H
#define GRAFT_SAMPLES_H

#include "../internal.h"

/* Returns a number below `limit`, and moves the seed on (SplitMix64). */
uint32_t draw_below(uint64_t *seed, uint32_t limit);

/* Returns a file in the sampling, size, quality and coding that the seed draws. The caller frees it. */
uint8_t *sample_jpeg(uint64_t *seed, unsigned long *bytes);

/* Damages a file in place. Returns its new length, which is not larger. */
int64_t damage(uint64_t *seed, uint8_t *encoded, int64_t bytes);

/* Draws a view of an upright image. */
graft_view sample_view(uint64_t *seed, int32_t width, int32_t height);

#endif
