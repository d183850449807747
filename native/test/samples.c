#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

uint32_t draw_below(uint64_t *seed, uint32_t limit) {
  uint64_t z = *seed += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) % limit);
}

static int32_t size(uint64_t *seed) {
  switch (draw_below(seed, 20)) {
    case 0:
      return 1 + (int32_t)draw_below(seed, 3);
    case 1:
      return 1 + (int32_t)draw_below(seed, 1000);
    default:
      return 1 + (int32_t)draw_below(seed, 160);
  }
}

/* Soft gradients with noise and edges, so that all kinds of coefficients occur. */
static void paint(uint64_t *seed, uint8_t *row, int32_t width, int32_t y, int32_t noise) {
  for (int32_t x = 0; x < width; x++) {
    int32_t edge = ((x / 13) ^ (y / 9)) & 1 ? 60 : 0;
    for (int32_t channel = 0; channel < CHANNELS; channel++) {
      int32_t value = 40 + (x * (channel + 1) + y * (3 - channel)) % 140 + edge;
      row[x * CHANNELS + channel] = (uint8_t)((value + (int32_t)draw_below(seed, (uint32_t)noise)) & 255);
    }
  }
}

uint8_t *sample_jpeg(uint64_t *seed, unsigned long *bytes) {
  static const int samplings[][2] = {{1, 1}, {2, 1}, {2, 2}, {2, 2}, {1, 2}, {4, 1}, {4, 2}};
  static const int qualities[] = {1, 20, 50, 75, 90, 95, 100};
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  uint8_t *encoded = NULL;
  *bytes = 0;
  int32_t width = size(seed);
  int32_t height = size(seed);
  bool grey = draw_below(seed, 6) == 0;
  int32_t noise = draw_below(seed, 3) == 0 ? 200 : 24;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &encoded, bytes);
  jpeg.image_width = (JDIMENSION)width;
  jpeg.image_height = (JDIMENSION)height;
  jpeg.input_components = CHANNELS;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, qualities[draw_below(seed, 7)], TRUE);
  const int *sampling = samplings[draw_below(seed, 7)];
  if (grey) {
    jpeg_set_colorspace(&jpeg, JCS_GRAYSCALE);
  }
  jpeg.comp_info[0].h_samp_factor = sampling[0];
  jpeg.comp_info[0].v_samp_factor = sampling[1];
  if (draw_below(seed, 3) == 0) {
    jpeg_simple_progression(&jpeg);
  }
  jpeg.optimize_coding = draw_below(seed, 2) == 0;
  if (draw_below(seed, 3) == 0) {
    jpeg.restart_interval = 1 + draw_below(seed, 30);
  }
  jpeg_start_compress(&jpeg, TRUE);
  uint8_t *row = malloc((size_t)width * CHANNELS);
  while (row != NULL && jpeg.next_scanline < jpeg.image_height) {
    paint(seed, row, width, (int32_t)jpeg.next_scanline, noise);
    JSAMPROW rows[] = {row};
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  free(row);
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  return encoded;
}

int64_t damage(uint64_t *seed, uint8_t *encoded, int64_t bytes) {
  for (uint32_t changes = 1 + draw_below(seed, 4); changes > 0 && bytes > 4; changes--) {
    int64_t at = draw_below(seed, (uint32_t)bytes);
    /* Half of all damage is in the headers. */
    at = draw_below(seed, 2) == 0 ? at % (bytes < 700 ? bytes : 700) : at;
    switch (draw_below(seed, 5)) {
      case 0:
        encoded[at] ^= (uint8_t)(1u << draw_below(seed, 8));
        break;
      case 1:
        encoded[at] = (uint8_t)draw_below(seed, 256);
        break;
      case 2: {
        int64_t length = 1 + draw_below(seed, 40);
        length = length < bytes - at ? length : bytes - at;
        memmove(encoded + at, encoded + at + length, (size_t)(bytes - at - length));
        bytes -= length;
        break;
      }
      case 3:
        encoded[at] = 0xff;
        if (at + 1 < bytes) {
          encoded[at + 1] = (uint8_t)(0xc0 + draw_below(seed, 64));
        }
        break;
      default:
        if (draw_below(seed, 4) == 0) {
          bytes = at;
        }
    }
  }
  return bytes;
}

static int32_t up_to(uint64_t *seed, int32_t most) { return 1 + (int32_t)draw_below(seed, (uint32_t)most); }

graft_view sample_view(uint64_t *seed, int32_t width, int32_t height) {
  graft_view view = {0};
  bool whole = draw_below(seed, 3) == 0;
  view.box_width = whole ? width : up_to(seed, width);
  view.box_height = whole ? height : up_to(seed, height);
  view.box_left = up_to(seed, width - view.box_width + 1) - 1;
  view.box_top = up_to(seed, height - view.box_height + 1) - 1;
  view.resized_width = draw_below(seed, 8) == 0 ? view.box_width : up_to(seed, 70);
  view.resized_height = draw_below(seed, 8) == 0 ? view.box_height : up_to(seed, 70);
  view.width = up_to(seed, view.resized_width);
  view.height = up_to(seed, view.resized_height);
  view.left = up_to(seed, view.resized_width - view.width + 1) - 1;
  view.top = up_to(seed, view.resized_height - view.height + 1) - 1;
  view.flipped = (int32_t)draw_below(seed, 2);
  float *factors[] = {&view.brightness, &view.contrast, &view.saturation};
  for (size_t i = 0; i < 3; i++) {
    *factors[i] = draw_below(seed, 4) == 0 ? (float)draw_below(seed, 2000) / 1000 : 1;
  }
  return view;
}
