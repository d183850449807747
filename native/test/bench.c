/*
 * Processor time on one core, file bytes in memory: a photograph to 224 x 224 (short side 256, centre crop) by the
 * library, and libjpeg-turbo's decode of the whole file to RGB. bench ROUNDS SCALE FILE...
 *
 * SCALE is 8, or 4, 2 or 1 eighths for both. Prints the medians over the rounds, in ms for each file. Files that the
 * library refuses are named and left out. Compile it with all files of the folder above it.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include "../internal.h"

enum { SIDE = 224, SHORT_SIDE = 256 };

typedef struct {
  unsigned char *bytes;
  unsigned long size;
  int32_t width, height, colors;
} file;

static double milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static bool load(file *result, const char *name) {
  FILE *stream = fopen(name, "rb");
  if (stream == NULL || fseek(stream, 0, SEEK_END) != 0) {
    perror(name);
    exit(2);
  }
  result->size = (unsigned long)ftell(stream);
  rewind(stream);
  result->bytes = malloc(result->size);
  bool complete = result->bytes != NULL && fread(result->bytes, 1, result->size, stream) == result->size;
  fclose(stream);
  return complete;
}

/* Decodes the whole file, or only its header if there is no memory for pixels. */
static void decode(file *source, int32_t scale, uint8_t *pixels) {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, source->bytes, source->size);
  jpeg_read_header(&jpeg, TRUE);
  source->width = (int32_t)jpeg.image_width;
  source->height = (int32_t)jpeg.image_height;
  source->colors = jpeg.num_components == 1 ? 0 : 1;
  if (pixels != NULL) {
    jpeg.out_color_space = JCS_RGB;
    jpeg.scale_num = (unsigned)scale;
    jpeg.scale_denom = FULL_SCALE;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
      JSAMPROW row = pixels + (size_t)jpeg.output_scanline * jpeg.output_width * CHANNELS;
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
}

static int32_t fit(graft_images *images, const file *source, int32_t scale, uint8_t *out) {
  int32_t shorter = source->width < source->height ? source->width : source->height;
  graft_view view = {.box_width = source->width, .box_height = source->height, .width = SIDE, .height = SIDE,
                     .brightness = 1, .contrast = 1, .saturation = 1};
  view.resized_width = (int32_t)((int64_t)SHORT_SIDE * source->width / shorter);
  view.resized_height = (int32_t)((int64_t)SHORT_SIDE * source->height / shorter);
  view.left = (int32_t)rint((view.resized_width - SIDE) / 2.0);
  view.top = (int32_t)rint((view.resized_height - SIDE) / 2.0);
  return graft_images_jpeg(images, source->bytes, (int64_t)source->size, source->width, source->height, source->colors,
                           1, scale, &view, 1, out);
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int arguments, char **values) {
  if (arguments < 4) {
    fprintf(stderr, "usage: bench ROUNDS SCALE FILE...\n");
    return 2;
  }
  int32_t rounds = atoi(values[1]);
  int32_t scale = atoi(values[2]);
  file *files = calloc((size_t)arguments, sizeof *files);
  double *times = calloc((size_t)rounds * 3, sizeof *times);
  uint8_t *out = malloc((size_t)SIDE * SIDE * CHANNELS);
  graft_images *images = graft_images_new();
  int32_t count = 0;
  int64_t most = 1;
  for (int i = 3; i < arguments; i++) {
    file *next = &files[count];
    if (!load(next, values[i])) {
      return 2;
    }
    decode(next, scale, NULL);
    int64_t pixels = (int64_t)next->width * next->height;
    if (fit(images, next, scale, out) == GRAFT_OK) {
      most = pixels > most ? pixels : most;
      count++;
    } else {
      fprintf(stderr, "refused: %s\n", values[i]);
    }
  }
  uint8_t *pixels = malloc((size_t)most * CHANNELS);
  if (pixels == NULL || out == NULL || count == 0) {
    return 2;
  }
  for (int32_t round = 0; round < rounds; round++) {
    double spent[2] = {0, 0};
    for (int32_t i = 0; i < count; i++) {
      double start = milliseconds();
      decode(&files[i], scale, pixels);
      double middle = milliseconds();
      fit(images, &files[i], scale, out);
      spent[0] += middle - start;
      spent[1] += milliseconds() - middle;
    }
    times[round] = spent[0] / count;
    times[rounds + round] = spent[1] / count;
    times[2 * rounds + round] = spent[1] / spent[0];
  }
  for (int32_t i = 0; i < 3; i++) {
    qsort(times + (ptrdiff_t)i * rounds, (size_t)rounds, sizeof *times, compare);
  }
  printf("%s: %d files, full decode %.3f ms, library %.3f ms, ratio %.3f (median of %d; %.3f to %.3f)\n",
         graft_images_describe(), (int)count, times[rounds / 2], times[rounds + rounds / 2],
         times[2 * rounds + rounds / 2], (int)rounds, times[2 * rounds], times[3 * rounds - 1]);
  return 0;
}
