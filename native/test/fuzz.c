/*
 * Compares the library with the plain way (reference.c): a file that the plain way refuses must be refused, and
 * anything else has the same bytes. With clang's -fsanitize=fuzzer, LLVMFuzzerTestOneInput is the target. Without it,
 * compiled with GRAFT_MAIN: fuzz SEED COUNT [FILE...] draws and damages so many files, and damages copies of the given
 * ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "samples.h"

enum { MOST_PIXELS = 1 << 21, MOST_OF_VIEWS = 3 };

static graft_images *images;
static int64_t accepted, refused, refused_alone;

/* Reads what the caller of the library reads from the frame header. Returns whether there is one. */
static bool header(const uint8_t *encoded, int64_t bytes, int32_t *width, int32_t *height, int32_t *components) {
  int64_t at = 2;
  while (at + 9 < bytes) {
    if (encoded[at] != 0xff) {
      at++;
    } else if (encoded[at + 1] == 0xff || encoded[at + 1] == 0 || (encoded[at + 1] & 0xf8) == 0xd0) {
      at++;
    } else if (encoded[at + 1] >= 0xc0 && encoded[at + 1] <= 0xc2) {
      *height = encoded[at + 5] << 8 | encoded[at + 6];
      *width = encoded[at + 7] << 8 | encoded[at + 8];
      *components = encoded[at + 9];
      return *width > 0 && *height > 0;
    } else {
      at += 2 + (encoded[at + 2] << 8 | encoded[at + 3]);
    }
  }
  return false;
}

static void explain(const char *what, int32_t width, int32_t height, int32_t orientation, int32_t scale,
                    const graft_view *view) {
  fprintf(stderr, "%s: %d x %d, orientation %d, scale %d, box %d %d %d %d, resized %d %d, window %d %d %d %d\n", what,
          (int)width, (int)height, (int)orientation, (int)scale, (int)view->box_left, (int)view->box_top,
          (int)view->box_width, (int)view->box_height, (int)view->resized_width, (int)view->resized_height,
          (int)view->left, (int)view->top, (int)view->width, (int)view->height);
  abort();
}

static void compare_pixels(uint64_t *seed, const uint8_t *pixels, int32_t width, int32_t height) {
  int32_t orientation = 1 + (int32_t)draw_below(seed, 8);
  bool transposed = orientation >= 5;
  graft_view view = sample_view(seed, transposed ? height : width, transposed ? width : height);
  size_t size = (size_t)view.width * (size_t)view.height * CHANNELS;
  uint8_t *expected = malloc(size);
  uint8_t *received = malloc(size);
  /* A copy of exactly this size, so that a sanitizer sees what reads beyond it. */
  size_t bytes = (size_t)width * (size_t)height * CHANNELS;
  uint8_t *copy = malloc(bytes);
  memcpy(copy, pixels, bytes);
  if (graft_images_pixels(images, copy, width, height, orientation, &view, 1, received) != GRAFT_OK ||
      reference_views(copy, width, height, orientation, FULL_SCALE, &view, 1, expected) != GRAFT_OK ||
      memcmp(expected, received, size) != 0) {
    explain("pixels differ", width, height, orientation, FULL_SCALE, &view);
  }
  free(copy);
  free(expected);
  free(received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int32_t scales[] = {8, 8, 8, 8, 4, 2, 1};
  int32_t width, height, components;
  int64_t bytes = (int64_t)size;
  if (!header(data, bytes, &width, &height, &components) || (int64_t)width * height > MOST_PIXELS ||
      (components != 1 && components != 3)) {
    return 0;
  }
  images = images == NULL ? graft_images_new() : images;
  uint64_t seed = 1;
  for (size_t i = 0; i < size; i++) {
    seed = seed * 31 + data[i];
  }
  int32_t orientation = 1 + (int32_t)draw_below(&seed, 8);
  int32_t scale = scales[draw_below(&seed, 7)];
  int32_t count = 1 + (int32_t)draw_below(&seed, MOST_OF_VIEWS);
  graft_view views[MOST_OF_VIEWS];
  size_t out = 0;
  for (int32_t i = 0; i < count; i++) {
    views[i] = sample_view(&seed, orientation >= 5 ? height : width, orientation >= 5 ? width : height);
    out += (size_t)views[i].width * (size_t)views[i].height * CHANNELS;
  }
  uint8_t *received = malloc(out);
  uint8_t *expected = malloc(out);
  int32_t colors = components == 1 ? 0 : 1;
  int32_t status = graft_images_jpeg(images, data, bytes, width, height, colors, orientation, scale, views, count, received);
  int32_t got_width = 0, got_height = 0;
  uint8_t *pixels = reference_decode(data, bytes, colors, scale, &got_width, &got_height);
  if (status != GRAFT_OK && status != GRAFT_REFUSED) {
    explain("unexpected status", width, height, orientation, scale, views);
  }
  if (status == GRAFT_OK && pixels == NULL) {
    explain("accepted what the plain way refuses", width, height, orientation, scale, views);
  }
  if (status == GRAFT_OK) {
    if (reference_views(pixels, width, height, orientation, scale, views, count, expected) != GRAFT_OK ||
        memcmp(expected, received, out) != 0) {
      explain("bytes differ", width, height, orientation, scale, views);
    }
    if (scale == FULL_SCALE) {
      compare_pixels(&seed, pixels, width, height);
    }
  }
  accepted += status == GRAFT_OK;
  refused += status != GRAFT_OK;
  refused_alone += status != GRAFT_OK && pixels != NULL;
  free(pixels);
  free(received);
  free(expected);
  return 0;
}

#ifdef GRAFT_MAIN

enum { COPIES = 4 };

/* Runs a file and damaged copies of it. The memory has exactly their size, for the sanitizer. */
static void run(uint64_t *seed, const uint8_t *encoded, int64_t bytes, int32_t copies) {
  for (int32_t i = 0; i <= copies; i++) {
    uint8_t *copy = malloc((size_t)bytes);
    memcpy(copy, encoded, (size_t)bytes);
    int64_t length = i == 0 ? bytes : damage(seed, copy, bytes);
    uint8_t *exact = malloc((size_t)length + 1);
    memcpy(exact, copy, (size_t)length);
    uint8_t *fitting = realloc(exact, length == 0 ? 1 : (size_t)length);
    LLVMFuzzerTestOneInput(fitting, (size_t)length);
    free(fitting);
    free(copy);
  }
}

int main(int arguments, char **values) {
  if (arguments < 3) {
    fprintf(stderr, "usage: fuzz SEED COUNT [FILE...]\n");
    return 2;
  }
  uint64_t first = strtoull(values[1], NULL, 10);
  uint64_t count = strtoull(values[2], NULL, 10);
  for (uint64_t i = first; i < first + count; i++) {
    uint64_t seed = i;
    unsigned long bytes;
    uint8_t *encoded = sample_jpeg(&seed, &bytes);
    run(&seed, encoded, (int64_t)bytes, COPIES);
    free(encoded);
  }
  for (int i = 3; i < arguments; i++) {
    FILE *file = fopen(values[i], "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
      perror(values[i]);
      return 2;
    }
    long bytes = ftell(file);
    rewind(file);
    uint8_t *encoded = malloc((size_t)bytes + 1);
    if (fread(encoded, 1, (size_t)bytes, file) != (size_t)bytes) {
      perror(values[i]);
      return 2;
    }
    fclose(file);
    uint64_t seed = first;
    run(&seed, encoded, bytes, (int32_t)count);
    free(encoded);
  }
  graft_images_free(images);
  printf("%lld files equal, %lld refused, of them %lld only by the library\n", (long long)accepted, (long long)refused,
         (long long)refused_alone);
  return 0;
}

#endif
