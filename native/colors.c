/* Brightness, contrast and saturation with the bytes of Pillow's ImageEnhance (src/libImaging/Blend.c of Pillow 13). */
#include "internal.h"

/* Blends in float32 and truncates, like Pillow. */
static uint8_t blend(int32_t from, int32_t value, float factor) {
  float blended = (float)from + factor * (float)(value - from);
  return blended <= 0 ? 0 : blended >= 255 ? 255 : (uint8_t)blended;
}

/* Converts to grey like Pillow's mode L: ITU-R 601-2 in 16-bit fixed point. */
static int32_t grey(const uint8_t *pixel) {
  return (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16;
}

static void blend_all(int32_t from, uint8_t *pixels, int64_t count, float factor) {
  uint8_t blended[256];
  for (int32_t value = 0; value < 256; value++) {
    blended[value] = blend(from, value, factor);
  }
  for (int64_t i = 0; i < count * CHANNELS; i++) {
    pixels[i] = blended[pixels[i]];
  }
}

void colors_change(uint8_t *pixels, int64_t count, const graft_view *view) {
  if (view->brightness != 1) {
    blend_all(0, pixels, count, view->brightness);
  }
  if (view->contrast != 1) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
      sum += grey(pixels + CHANNELS * i);
    }
    blend_all((int32_t)((double)sum / (double)count + 0.5), pixels, count, view->contrast);
  }
  if (view->saturation != 1) {
    for (uint8_t *pixel = pixels; pixel < pixels + CHANNELS * count; pixel += CHANNELS) {
      int32_t from = grey(pixel);
      for (int32_t channel = 0; channel < CHANNELS; channel++) {
        pixel[channel] = blend(from, pixel[channel], view->saturation);
      }
    }
  }
}
