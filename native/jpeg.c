/* Decoding of the part of a JPEG file that the views need, with libjpeg-turbo, to the byte as it decodes the whole. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "internal.h"

/* A block of 8 x 8 samples takes at least one bit. A file of several scans is in memory as a whole. */
enum { PIXELS_PER_BYTE = 1024, MOST_PIXELS_OF_SCANS = 1 << 26, MOST_SCANS = 500, BATCH = 16, MARGIN = 16 };

/* Any error or warning of libjpeg ends the decoding. */
typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
} failure;

static void fail(j_common_ptr jpeg) { longjmp(((failure *)(void *)jpeg->err)->escape, 1); }

static void fail_on_warning(j_common_ptr jpeg, int level) {
  if (level < 0) {
    fail(jpeg);
  }
}

static void ignore(j_common_ptr jpeg) { (void)jpeg; }

static void do_nothing(j_decompress_ptr jpeg) { (void)jpeg; }

/* The whole file is in memory, so that a need for more means that it is cut off. */
static boolean fail_for_more(j_decompress_ptr jpeg) {
  fail((j_common_ptr)jpeg);
  return FALSE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  if (count > 0) {
    if ((unsigned long)count > jpeg->src->bytes_in_buffer) {
      fail((j_common_ptr)jpeg);
    }
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
  }
}

/* Passes over a segment that would tell libjpeg the colours, or warn of what does not matter. */
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

static void limit_scans(j_common_ptr jpeg) {
  if (jpeg->is_decompressor && ((j_decompress_ptr)jpeg)->input_scan_number > MOST_SCANS) {
    fail(jpeg);
  }
}

static void set_up(struct jpeg_decompress_struct *jpeg, failure *errors, struct jpeg_progress_mgr *progress) {
  memset(errors, 0, sizeof *errors);
  memset(progress, 0, sizeof *progress);
  errors->base.error_exit = fail;
  errors->base.emit_message = fail_on_warning;
  errors->base.output_message = ignore;
  errors->base.reset_error_mgr = ignore;
  progress->progress_monitor = limit_scans;
  memset(jpeg, 0, sizeof *jpeg);
  jpeg->err = &errors->base;
}

bool jpeg_fits(void) {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  failure errors;
  set_up(&jpeg, &errors, &progress);
  if (setjmp(errors.escape) != 0) {
    return false;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return true;
}

/*
 * Returns whether the scans hold every bit of the coefficients. For want of one, libjpeg smooths the blocks, in another
 * way since version 2.1.
 */
static bool complete(const struct jpeg_decompress_struct *jpeg) {
  for (int i = 0; jpeg->coef_bits != NULL && i < jpeg->num_components; i++) {
    for (int k = 0; k < DCTSIZE2; k++) {
      if (jpeg->coef_bits[i][k] != 0) {
        return false;
      }
    }
  }
  return true;
}

/*
 * Returns whether libjpeg-turbo decodes parts of this file as it decodes the whole, in every version: at full size,
 * with chroma of full size, half the width, or half the width and height.
 */
static bool divisible(const struct jpeg_decompress_struct *jpeg) {
  const jpeg_component_info *parts = jpeg->comp_info;
  if (jpeg->min_DCT_scaled_size != DCTSIZE) {
    return false;
  }
  bool usual = parts[0].h_samp_factor <= 2 && parts[0].v_samp_factor <= parts[0].h_samp_factor;
  for (int i = 1; i < jpeg->num_components; i++) {
    usual = usual && parts[i].h_samp_factor == 1 && parts[i].v_samp_factor == 1;
  }
  return usual && (jpeg->num_components > 1 || (parts[0].h_samp_factor == 1 && parts[0].v_samp_factor == 1));
}

/* Reads rows up to `end`, and gives them to the views if there are any. */
static int32_t read_rows(graft_images *images, struct jpeg_decompress_struct *jpeg, uint32_t end, int32_t left,
                         int64_t stride, int32_t count) {
  uint8_t *memory = images->rows.at;
  JSAMPROW rows[BATCH];
  while (jpeg->output_scanline < end) {
    uint32_t y = jpeg->output_scanline;
    uint32_t most = end - y < BATCH ? end - y : BATCH;
    uint32_t got = 0;
    while (got < most) {
      for (uint32_t i = got; i < most; i++) {
        rows[i] = memory + i * stride;
      }
      uint32_t more = jpeg_read_scanlines(jpeg, rows + got, most - got);
      if (more == 0) {
        return GRAFT_REFUSED;
      }
      got += more;
    }
    for (uint32_t i = 0; i < got; i++) {
      images_row(images, count, (int32_t)(y + i), memory + i * stride, left);
    }
  }
  return GRAFT_OK;
}

static int32_t decode(graft_images *images, struct jpeg_decompress_struct *jpeg, const region *needed, int32_t count) {
  JDIMENSION left = 0;
  JDIMENSION columns = jpeg->output_width;
  bool parts = divisible(jpeg);
  JDIMENSION block_rows = (JDIMENSION)(jpeg->max_v_samp_factor * jpeg->min_DCT_scaled_size);
  if (parts) {
    /* Smooth upsampling needs neighbours, so that the columns at the edges differ. */
    left = needed->left > MARGIN ? (JDIMENSION)needed->left - MARGIN : 0;
    JDIMENSION right = (JDIMENSION)needed->right + MARGIN;
    columns = (right < jpeg->output_width ? right : jpeg->output_width) - left;
    if (columns < jpeg->output_width) {
      jpeg_crop_scanline(jpeg, &left, &columns);
    }
  }
  int64_t stride = ((int64_t)columns + needed->reach) * CHANNELS + 2 * PADDING;
  uint8_t *rows = buffer_reserve(&images->rows, (size_t)(stride * BATCH));
  if (rows == NULL) {
    return GRAFT_MEMORY;
  }
  memset(rows, 0, (size_t)(stride * BATCH));
  if (parts) {
    /* Whole rows of blocks only: before September 2026, libjpeg-turbo's issue 915 gives wrong rows elsewhere. */
    JDIMENSION margin = jpeg->max_v_samp_factor > 1 ? 2 : 0;
    JDIMENSION top = (JDIMENSION)needed->top > margin ? ((JDIMENSION)needed->top - margin) / block_rows : 0;
    if (top > 0) {
      jpeg_skip_scanlines(jpeg, top * block_rows);
    }
  }
  int32_t status = read_rows(images, jpeg, (uint32_t)needed->bottom, (int32_t)left, stride, count);
  /* The rest is read too, so that damage in it is found. A skip to the last row would not read it. */
  JDIMENSION last = (jpeg->output_height - 1) / block_rows * block_rows;
  if (status == GRAFT_OK && parts && jpeg->output_scanline < last) {
    JDIMENSION next = (jpeg->output_scanline + block_rows - 1) / block_rows * block_rows;
    status = read_rows(images, jpeg, next, (int32_t)left, stride, 0);
    if (next < last) {
      jpeg_skip_scanlines(jpeg, last - next);
    }
  }
  return status == GRAFT_OK ? read_rows(images, jpeg, jpeg->output_height, (int32_t)left, stride, 0) : status;
}

static bool begin(struct jpeg_decompress_struct *jpeg, int64_t bytes, int32_t width, int32_t height, int32_t colors,
                  int32_t scale) {
  jpeg_set_marker_processor(jpeg, JPEG_APP0, skip_segment);
  jpeg_set_marker_processor(jpeg, JPEG_APP0 + 14, skip_segment);
  jpeg_read_header(jpeg, TRUE);
  int64_t pixels = (int64_t)jpeg->image_width * jpeg->image_height;
  if (jpeg->image_width != (JDIMENSION)width || jpeg->image_height != (JDIMENSION)height ||
      jpeg->num_components != (colors == 0 ? 1 : CHANNELS) || jpeg->data_precision != 8 || jpeg->arith_code ||
      pixels / PIXELS_PER_BYTE > bytes ||
      (jpeg_has_multiple_scans(jpeg) && pixels > MOST_PIXELS_OF_SCANS)) {
    return false;
  }
  jpeg->jpeg_color_space = colors == 0 ? JCS_GRAYSCALE : JCS_YCbCr;
  jpeg->out_color_space = JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  jpeg->scale_num = (unsigned)scale;
  jpeg->scale_denom = FULL_SCALE;
  jpeg_start_decompress(jpeg);
  return complete(jpeg) && jpeg->output_width == (JDIMENSION)scaled_size(width, scale) &&
         jpeg->output_height == (JDIMENSION)scaled_size(height, scale);
}

int32_t jpeg_rows(graft_images *images, const uint8_t *encoded, int64_t bytes, int32_t width, int32_t height,
                  int32_t colors, int32_t scale, const region *needed, int32_t count) {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  failure errors;
  struct jpeg_source_mgr source = {.next_input_byte = encoded,
                                   .bytes_in_buffer = (size_t)bytes,
                                   .init_source = do_nothing,
                                   .fill_input_buffer = fail_for_more,
                                   .skip_input_data = skip,
                                   .resync_to_restart = jpeg_resync_to_restart,
                                   .term_source = do_nothing};
  set_up(&jpeg, &errors, &progress);
  volatile int32_t status = GRAFT_REFUSED;
  if (setjmp(errors.escape) == 0) {
    jpeg_create_decompress(&jpeg);
    jpeg.src = &source;
    jpeg.progress = &progress;
    if (begin(&jpeg, bytes, width, height, colors, scale)) {
      int32_t decoded = decode(images, &jpeg, needed, count);
      if (decoded == GRAFT_OK) {
        jpeg_finish_decompress(&jpeg);
      }
      status = decoded;
    }
  }
  jpeg_destroy_decompress(&jpeg);
  return status;
}
