#include "reference.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
} failure;

static void fail(j_common_ptr jpeg) { longjmp(((failure *)jpeg->err)->escape, 1); }

static void fail_on_warning(j_common_ptr jpeg, int level) {
  if (level < 0) {
    fail(jpeg);
  }
}

static void ignore(j_common_ptr jpeg) { (void)jpeg; }

static void forget(j_common_ptr jpeg) { jpeg->err->num_warnings = 0; }

static void nothing(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean more(j_decompress_ptr jpeg) {
  fail((j_common_ptr)jpeg);
  return FALSE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  if (count > 0) {
    if ((size_t)count > jpeg->src->bytes_in_buffer) {
      fail((j_common_ptr)jpeg);
    }
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
  }
}

static boolean skip_segment(j_decompress_ptr jpeg) {
  if (jpeg->src->bytes_in_buffer < 2) {
    fail((j_common_ptr)jpeg);
  }
  long length = jpeg->src->next_input_byte[0] * 256L + jpeg->src->next_input_byte[1];
  if (length < 2) {
    fail((j_common_ptr)jpeg);
  }
  skip(jpeg, length);
  return TRUE;
}

uint8_t *reference_decode(const uint8_t *encoded, int64_t bytes, int32_t colors, int32_t scale, int32_t *width,
                          int32_t *height) {
  struct jpeg_decompress_struct jpeg;
  failure errors;
  struct jpeg_source_mgr source = {.next_input_byte = encoded,
                                   .bytes_in_buffer = (size_t)bytes,
                                   .init_source = nothing,
                                   .fill_input_buffer = more,
                                   .skip_input_data = skip,
                                   .resync_to_restart = jpeg_resync_to_restart,
                                   .term_source = nothing};
  uint8_t *volatile pixels = NULL;
  memset(&errors, 0, sizeof errors);
  errors.base.error_exit = fail;
  errors.base.emit_message = fail_on_warning;
  errors.base.output_message = ignore;
  errors.base.reset_error_mgr = forget;
  jpeg.err = &errors.base;
  if (setjmp(errors.escape) != 0) {
    jpeg_destroy_decompress(&jpeg);
    free(pixels);
    return NULL;
  }
  jpeg_create_decompress(&jpeg);
  jpeg.src = &source;
  jpeg_set_marker_processor(&jpeg, JPEG_APP0, skip_segment);
  jpeg_set_marker_processor(&jpeg, JPEG_APP0 + 14, skip_segment);
  jpeg_read_header(&jpeg, TRUE);
  jpeg.jpeg_color_space = colors == 0 ? JCS_GRAYSCALE : JCS_YCbCr;
  if (jpeg.num_components != (colors == 0 ? 1 : 3)) {
    fail((j_common_ptr)&jpeg);
  }
  jpeg.out_color_space = JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.do_fancy_upsampling = TRUE;
  jpeg.scale_num = (unsigned)scale;
  jpeg.scale_denom = FULL_SCALE;
  jpeg_start_decompress(&jpeg);
  *width = (int32_t)jpeg.output_width;
  *height = (int32_t)jpeg.output_height;
  pixels = malloc((size_t)jpeg.output_width * jpeg.output_height * CHANNELS);
  if (pixels == NULL) {
    fail((j_common_ptr)&jpeg);
  }
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + (size_t)jpeg.output_scanline * jpeg.output_width * CHANNELS;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return pixels;
}

/* One axis of a resize: sums over `count` inputs that are `step` bytes apart. */
static uint8_t sum(const uint8_t *from, int64_t step, const axis *weights, int32_t output) {
  int32_t result = 1 << (PRECISION_BITS - 1);
  for (int32_t tap = 0; tap < weights->taps[output]; tap++) {
    result += weights->weights[weights->at[output] + tap] * from[tap * step];
  }
  result >>= PRECISION_BITS;
  return (uint8_t)(result < 0 ? 0 : result > 255 ? 255 : result);
}

/* Turns the whole image upright, like Pillow's ImageOps.exif_transpose. */
static uint8_t *upright(const uint8_t *pixels, int64_t width, int64_t height, int32_t orientation) {
  uint8_t *result = malloc((size_t)(width * height * CHANNELS));
  bool transposed = orientation >= 5;
  bool mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  bool upside_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  int64_t columns = transposed ? height : width;
  int64_t rows = transposed ? width : height;
  for (int64_t y = 0; result != NULL && y < rows; y++) {
    for (int64_t x = 0; x < columns; x++) {
      int64_t column = mirrored ? columns - 1 - x : x;
      int64_t row = upside_down ? rows - 1 - y : y;
      int64_t from = transposed ? column * width + row : row * width + column;
      memcpy(result + (y * columns + x) * CHANNELS, pixels + from * CHANNELS, CHANNELS);
    }
  }
  return result;
}

static void resize(const uint8_t *pixels, int64_t width, const axis *columns, const axis *rows, bool rows_first,
                   uint8_t *scratch, uint8_t *out) {
  int64_t wide = columns->count;
  if (rows_first) {
    for (int32_t y = 0; y < rows->count; y++) {
      for (int64_t i = 0; i < width * CHANNELS; i++) {
        scratch[y * width * CHANNELS + i] = sum(pixels + rows->first[y] * width * CHANNELS + i, width * CHANNELS, rows, y);
      }
    }
  }
  const uint8_t *source = rows_first ? scratch : pixels;
  uint8_t *result = rows_first ? out : scratch;
  int32_t begin = rows_first ? 0 : rows->begin;
  int32_t end = rows_first ? rows->count : rows->end;
  for (int32_t y = begin; y < end; y++) {
    for (int64_t i = 0; i < wide * CHANNELS; i++) {
      int32_t x = (int32_t)(i / CHANNELS);
      const uint8_t *from = source + (y * width + columns->first[x]) * CHANNELS + i % CHANNELS;
      result[y * wide * CHANNELS + i] = sum(from, CHANNELS, columns, x);
    }
  }
  for (int32_t y = 0; !rows_first && y < rows->count; y++) {
    for (int64_t i = 0; i < wide * CHANNELS; i++) {
      out[y * wide * CHANNELS + i] = sum(scratch + rows->first[y] * wide * CHANNELS + i, wide * CHANNELS, rows, y);
    }
  }
}

static void mirror(uint8_t *pixels, int64_t width, int64_t height) {
  for (int64_t y = 0; y < height; y++) {
    for (int64_t x = 0; x < width / 2; x++) {
      uint8_t pixel[CHANNELS];
      uint8_t *left = pixels + (y * width + x) * CHANNELS;
      uint8_t *right = pixels + (y * width + width - 1 - x) * CHANNELS;
      memcpy(pixel, left, CHANNELS);
      memcpy(left, right, CHANNELS);
      memcpy(right, pixel, CHANNELS);
    }
  }
}

int32_t reference_views(const uint8_t *pixels, int32_t width, int32_t height, int32_t orientation, int32_t scale,
                        const graft_view *views, int32_t count, uint8_t *out) {
  axis columns = {0};
  axis rows = {0};
  bool transposed = orientation >= 5;
  bool mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  bool upside_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  int64_t stored_width = scaled_size(width, scale);
  int64_t stored_height = scaled_size(height, scale);
  int64_t wide = transposed ? stored_height : stored_width;
  int64_t high = transposed ? stored_width : stored_height;
  uint8_t *turned = upright(pixels, stored_width, stored_height, orientation);
  int32_t status = turned == NULL ? GRAFT_MEMORY : GRAFT_OK;
  for (const graft_view *view = views; status == GRAFT_OK && view < views + count; view++) {
    span across = {.size = transposed ? height : width, .box = view->box_left, .box_size = view->box_width,
                   .resized = view->resized_width, .window = view->left, .count = view->width,
                   .mirrored = mirrored};
    span down = {.size = transposed ? width : height, .box = view->box_top, .box_size = view->box_height,
                 .resized = view->resized_height, .window = view->top, .count = view->height,
                 .mirrored = upside_down};
    status = axis_build(&columns, &across, scale);
    status = status == GRAFT_OK ? axis_build(&rows, &down, scale) : status;
    uint8_t *scratch = NULL;
    if (status == GRAFT_OK) {
      /* The weights are those of the stored image; here the image is upright. */
      axis *both[] = {&columns, &rows};
      bool turn[] = {mirrored, upside_down};
      int64_t sizes[] = {wide, high};
      for (int32_t k = 0; k < 2; k++) {
        for (int32_t i = 0; turn[k] && i < both[k]->count; i++) {
          int32_t taps = both[k]->taps[i];
          int32_t *weights = both[k]->weights + both[k]->at[i];
          both[k]->first[i] = (int32_t)sizes[k] - both[k]->first[i] - taps;
          for (int32_t a = 0, b = taps - 1; a < b; a++, b--) {
            int32_t weight = weights[a];
            weights[a] = weights[b];
            weights[b] = weight;
          }
        }
        if (turn[k]) {
          int32_t begin = (int32_t)sizes[k] - both[k]->end;
          both[k]->end = (int32_t)sizes[k] - both[k]->begin;
          both[k]->begin = begin;
        }
      }
      int64_t wider = wide > columns.count ? wide : columns.count;
      int64_t higher = high > rows.count ? high : rows.count;
      scratch = malloc((size_t)(wider * higher * CHANNELS));
      status = scratch == NULL ? GRAFT_MEMORY : GRAFT_OK;
    }
    if (status == GRAFT_OK) {
      resize(turned, wide, &columns, &rows, rows_first(&columns, &rows, view), scratch, out);
      if (view->flipped) {
        mirror(out, view->width, view->height);
      }
      colors_change(out, (int64_t)view->width * view->height, view);
      out += (int64_t)view->width * view->height * CHANNELS;
    }
    free(scratch);
  }
  free(turned);
  buffer_release(&columns.memory);
  buffer_release(&rows.memory);
  return status;
}
