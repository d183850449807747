/*
 * The kernels that Graft launches between libtorch's operators on an NVIDIA GPU. NVRTC compiles this
 * text for the GPU in use; see docs/design.md. The text is also C: with the CUDA words that a header
 * defines, a C compiler builds it for the CPU, where tests run every block and thread.
 *
 * One of FLOAT16, BFLOAT16 and FLOAT32 is defined: the type of the elements. Activations are in NHWC
 * order, and a "vector" is 16 bytes of consecutive channels.
 */
#ifdef __CUDACC__
#define KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define FUNCTION static __device__ __forceinline__
#else
#include "host.h"
#define FUNCTION static inline
#endif

typedef unsigned int word;
typedef unsigned short half_word;

/* ---- Conversions of single elements; no header of CUDA is needed for them. ---- */

#ifdef FLOAT16

FUNCTION float widened(half_word element) {
#ifdef __CUDACC__
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(element));
  return value;
#else
  return host_float_of_half(element);
#endif
}

/* Rounds two values to the nearest elements, the first into the lower half of the word. */
FUNCTION word narrowed(float low, float high) {
#if !defined(__CUDACC__)
  return host_half_of_float(low) | (word)host_half_of_float(high) << 16;
#elif __CUDA_ARCH__ >= 800
  word both;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
#else
  half_word first, second;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(first) : "f"(low));
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(second) : "f"(high));
  return first | (word)second << 16;
#endif
}

#endif
#ifdef BFLOAT16

FUNCTION float widened(half_word element) {
  union {
    word bits;
    float value;
  } both;
  both.bits = (word)element << 16;
  return both.value;
}

/* Rounds two values to the nearest elements, the first into the lower half of the word. */
FUNCTION word narrowed(float low, float high) {
#ifdef __CUDACC__
  word both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
#else
  return host_bfloat_of_float(low) | (word)host_bfloat_of_float(high) << 16;
#endif
}

#endif

/* ---- The pool ---- */

/* Returns the larger one, and NaN if there is one, as libtorch's max_pool2d does. */
FUNCTION word larger_word(word a, word b) {
#ifdef FLOAT32
  union {
    word bits;
    float value;
  } x, y;
  x.bits = a;
  y.bits = b;
  return x.value > y.value || x.value != x.value ? a : b;
#else
  float a_low = widened((half_word)a), b_low = widened((half_word)b);
  float a_high = widened((half_word)(a >> 16)), b_high = widened((half_word)(b >> 16));
  word low = a_low > b_low || a_low != a_low ? a : b;
  word high = a_high > b_high || a_high != a_high ? a : b;
  return (low & 0xffff) | (high & 0xffff0000u);
#endif
}

FUNCTION uint4 larger(uint4 a, uint4 b) {
  uint4 result;
  result.x = larger_word(a.x, b.x);
  result.y = larger_word(a.y, b.y);
  result.z = larger_word(a.z, b.z);
  result.w = larger_word(a.w, b.w);
  return result;
}

/*
 * The maximum over windows of 2 x 2 pixels. An odd last line or column is dropped. A thread computes
 * one vector of one output pixel: it reads 64 bytes and writes 16. Block (i, j, n) computes a part of
 * output line j of image n.
 *
 * x: (images, height, width, vectors); y: (images, height / 2, width / 2, vectors)
 */
KERNEL(128, 8) max_pool(const uint4 *__restrict__ x, uint4 *__restrict__ y, int height, int width, int vectors) {
  int columns = width / 2;
  int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= columns * vectors) {
    return;
  }
  int column = i / vectors;
  long long image = blockIdx.z, line = blockIdx.y;
  const uint4 *top = x + ((image * height + 2 * line) * width + column) * vectors + i;
  const uint4 *bottom = top + (long long)width * vectors;
  uint4 result = larger(larger(top[0], top[vectors]), larger(bottom[0], bottom[vectors]));
  y[(image * (height / 2) + line) * columns * vectors + i] = result;
}

/* ---- The first convolution ---- */

#ifndef FLOAT32

#define OUTPUTS 64
#define PRODUCTS 32 /* 27 products per output, and 5 zeros to fill the tensor cores' steps of 16 */
#define TILE_WIDTH 32
#define TILE_HEIGHT 8
#define TILE_LINE (3 * (TILE_WIDTH + 2))
#define TILE_ELEMENTS (TILE_LINE * (TILE_HEIGHT + 2))
#define CONVOLUTION_THREADS 128
#define TABLE_ELEMENTS (3 * 256)

/*
 * Adds the product of a 16 x 16 and a 16 x 8 matrix of elements to a 16 x 8 matrix of floats, which
 * the 32 threads of a warp hold together as PTX defines it for mma.m16n8k16.
 */
FUNCTION void multiply_add(float *sums, const word *a, const word *b) {
#ifndef __CUDACC__
  host_multiply_add(sums, a, b, widened);
#elif __CUDA_ARCH__ >= 800
#ifdef FLOAT16
#define SHAPE "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"
#else
#define SHAPE "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
#endif
  /* Volatile, because all threads of a warp must come here together. */
  asm volatile(SHAPE " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  /* Before compute capability 8.0 a step has 8 products, and only float16 exists. */
  for (int eight = 0; eight < 2; eight++) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[2 * eight]), "r"(a[2 * eight + 1]), "r"(b[eight]));
  }
#endif
}

/* Returns the output that column `column` of the `n`th product of a warp computes. The order gives each
 * thread the eight consecutive outputs of one vector. */
FUNCTION int output_of(int half, int n, int column) {
  return 32 * half + column / 2 * 8 + 2 * n + column % 2;
}

/*
 * A thread has one column of a tile's elements, if there is one for it. It reads the pixels of all lines,
 * without a branch so that the reads wait for memory together. Outside the image it reads any pixel.
 */
FUNCTION void read_column(unsigned char *values, const unsigned char *pixels, int number, int height, int width,
                          int tiles_across, int tiles_down) {
  int place = 3 * (number % tiles_across * TILE_WIDTH - 1) + (int)threadIdx.x;
  int top = number / tiles_across % tiles_down * TILE_HEIGHT;
  const unsigned char *image = pixels + (long long)(number / tiles_across / tiles_down) * height * width * 3;
  if (place < 0 || place >= 3 * width) {
    place = 0;
  }
#pragma unroll
  for (int i = 0; i < TILE_HEIGHT + 2; i++) {
    int line = top - 1 + i;
    line = line < 0 ? 0 : line < height ? line : height - 1;
    values[i] = image[line * 3 * width + place];
  }
}

/* Writes the column that a thread has read, normalised, and zeros outside the image. */
FUNCTION void write_column(half_word *tile, const half_word *table, const unsigned char *values, int top, int left,
                           int height, int width) {
  int column = (int)threadIdx.x, place = 3 * (left - 1) + column;
  if (column < TILE_LINE) {
    int inside = place >= 0 && place < 3 * width;
#pragma unroll
    for (int i = 0; i < TILE_HEIGHT + 2; i++) {
      int line = top - 1 + i;
      half_word element = table[column % 3 * 256 + values[i]];
      tile[i * TILE_LINE + column] = inside && line >= 0 && line < height ? element : 0;
    }
  }
}

/*
 * The convolution of pixels with 3 x 3 weights and padding 1, with bias and rectifier, as a product of
 * matrices on the tensor cores: for each 16 neighbouring pixels (16 x 32) times (32 x 64), with sums in
 * float32. Blocks go through tiles of 32 x 8 pixels, of which there are at least as many as blocks. Two of
 * a block's four warps compute the first half of the outputs, and two the second.
 *
 * pixels: uint8 (images, height, width, 3); table: (3, 256), the normalised element of each value of a
 * pixel's channel, finite; weight: (64, 32), for each output the products of 3 lines x 3 columns x 3 channels
 * of pixels, then zeros; bias: (64), float32; y: (images, height, width, 64)
 */
KERNEL(CONVOLUTION_THREADS, 4) first_convolution(
    const unsigned char *__restrict__ pixels, const half_word *__restrict__ table,
    const half_word *__restrict__ weight, const float *__restrict__ bias, uint4 *__restrict__ y,
    int images, int height, int width) {
  __shared__ half_word elements[TABLE_ELEMENTS];
  __shared__ half_word tile[TILE_ELEMENTS];
  __shared__ float start[OUTPUTS];
  int thread = (int)threadIdx.x, warp = thread / 32, lane = thread % 32;
  int group = lane / 4, member = lane % 4; /* as PTX names them */
  int half = warp / 2, column = warp % 2 * 16 + group;

  for (int i = thread; i < TABLE_ELEMENTS; i += CONVOLUTION_THREADS) {
    elements[i] = table[i];
  }
  for (int i = thread; i < OUTPUTS; i += CONVOLUTION_THREADS) {
    start[i] = bias[i];
  }
  word b[2][4][2];
  const half_word *first[2][4]; /* the elements of this thread in the products of the tile's first line */
#pragma unroll
  for (int step = 0; step < 2; step++) {
#pragma unroll
    for (int n = 0; n < 4; n++) {
      const half_word *row = weight + output_of(half, n, group) * PRODUCTS + 16 * step + 2 * member;
      b[step][n][0] = row[0] | (word)row[1] << 16;
      b[step][n][1] = row[8] | (word)row[9] << 16;
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int k = 16 * step + 2 * member + i % 2 + i / 2 * 8;
      /* Weights are zero from product 27 on, so any element does. */
      first[step][i] = tile + 3 * column + (k < 27 ? k / 9 * TILE_LINE + k % 9 : 0);
    }
  }

  int tiles_across = (width + TILE_WIDTH - 1) / TILE_WIDTH;
  int tiles_down = (height + TILE_HEIGHT - 1) / TILE_HEIGHT;
  int tiles = images * tiles_down * tiles_across;
  unsigned char values[TILE_HEIGHT + 2];
  read_column(values, pixels, (int)blockIdx.x, height, width, tiles_across, tiles_down);
  for (int number = (int)blockIdx.x; number < tiles; number += (int)gridDim.x) {
    int left = number % tiles_across * TILE_WIDTH;
    int top = number / tiles_across % tiles_down * TILE_HEIGHT;
    long long image = number / tiles_across / tiles_down;
    __syncthreads(); /* the warps have read the last tile, and the first time the table is there */
    write_column(tile, elements, values, top, left, height, width);
    __syncthreads();
    if (number + (int)gridDim.x < tiles) {
      /* The pixels of the next tile arrive while this one is computed. */
      read_column(values, pixels, number + (int)gridDim.x, height, width, tiles_across, tiles_down);
    }
    uint4 *vectors = y + ((image * height + top) * width + left + column) * (OUTPUTS / 8) + 4 * half + member;
#pragma unroll
    for (int line = 0; line < TILE_HEIGHT; line++) {
      if (top + line >= height) {
        break;
      }
      float sums[4][4];
#pragma unroll
      for (int n = 0; n < 4; n++) {
        int output = output_of(half, n, 2 * member);
        sums[n][0] = sums[n][2] = start[output];
        sums[n][1] = sums[n][3] = start[output + 1];
      }
#pragma unroll
      for (int step = 0; step < 2; step++) {
        word a[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
          /* Words 0 and 2 are of this thread's pixel, 1 and 3 of the pixel 8 places to the right. */
          int place = line * TILE_LINE + i % 2 * 24;
          a[i] = first[step][i / 2 * 2][place] | (word)first[step][i / 2 * 2 + 1][place] << 16;
        }
#pragma unroll
        for (int n = 0; n < 4; n++) {
          multiply_add(sums[n], a, b[step][n]);
        }
      }
#pragma unroll
      for (int right = 0; right < 2; right++) {
        if (left + column + 8 * right < width) {
          word words[4];
#pragma unroll
          for (int n = 0; n < 4; n++) {
            float low = sums[n][2 * right], high = sums[n][2 * right + 1];
            words[n] = narrowed(low > 0 ? low : 0, high > 0 ? high : 0);
          }
          uint4 vector;
          vector.x = words[0];
          vector.y = words[1];
          vector.z = words[2];
          vector.w = words[3];
          vectors[(line * width + 8 * right) * (OUTPUTS / 8)] = vector;
        }
      }
    }
  }
}

#endif
