/* From coefficients to pixels with AVX2, exactly as libjpeg computes them (jidctint.c, jdsample.c and jdcolor.c). */
#if defined(__x86_64__)

#include <immintrin.h>

#include "internal.h"

#define AVX2 __attribute__((target("avx2")))

enum { CONST_BITS = 13, PASS1_BITS = 2, CENTER = 128 };

/* Multiplies by a constant of 15 bits. Every number fits in 16 bits, so that one 16-bit multiply-add is exact. */
AVX2 static inline __m256i times(__m256i values, int32_t factor) {
  return _mm256_madd_epi16(values, _mm256_set1_epi32(factor));
}

AVX2 static inline __m256i plus(__m256i a, __m256i b) { return _mm256_add_epi32(a, b); }

AVX2 static inline __m256i minus(__m256i a, __m256i b) { return _mm256_sub_epi32(a, b); }

/*
 * One dimension of the inverse DCT of Loeffler, Ligtenberg and Moschytz, in fixed point, for eight rows or columns at
 * once. Multiply-adds ignore the upper halves of numbers, which only repeat the sign, because the factors there are 0.
 */
AVX2 static inline __attribute__((always_inline)) void invert_once(__m256i v[8], int32_t bias, int32_t shift) {
  __m256i rounding = _mm256_set1_epi32(bias);
  __m256i z1 = times(plus(v[2], v[6]), 4433);
  __m256i even2 = minus(z1, times(v[6], 15137));
  __m256i even3 = plus(z1, times(v[2], 6270));
  __m256i even0 = plus(_mm256_slli_epi32(plus(v[0], v[4]), CONST_BITS), rounding);
  __m256i even1 = plus(_mm256_slli_epi32(minus(v[0], v[4]), CONST_BITS), rounding);
  __m256i sum0 = plus(even0, even3);
  __m256i sum3 = minus(even0, even3);
  __m256i sum1 = plus(even1, even2);
  __m256i sum2 = minus(even1, even2);

  __m256i z3 = plus(v[7], v[3]);
  __m256i z4 = plus(v[5], v[1]);
  __m256i z5 = times(plus(z3, z4), 9633);
  z3 = minus(z5, times(z3, 16069));
  z4 = minus(z5, times(z4, 3196));
  __m256i y1 = times(plus(v[7], v[1]), 7373);
  __m256i y2 = times(plus(v[5], v[3]), 20995);
  __m256i odd0 = plus(minus(times(v[7], 2446), y1), z3);
  __m256i odd1 = plus(minus(times(v[5], 16819), y2), z4);
  __m256i odd2 = plus(minus(times(v[3], 25172), y2), z3);
  __m256i odd3 = plus(minus(times(v[1], 12299), y1), z4);

  v[0] = _mm256_srai_epi32(plus(sum0, odd3), shift);
  v[7] = _mm256_srai_epi32(minus(sum0, odd3), shift);
  v[1] = _mm256_srai_epi32(plus(sum1, odd2), shift);
  v[6] = _mm256_srai_epi32(minus(sum1, odd2), shift);
  v[2] = _mm256_srai_epi32(plus(sum2, odd1), shift);
  v[5] = _mm256_srai_epi32(minus(sum2, odd1), shift);
  v[3] = _mm256_srai_epi32(plus(sum3, odd0), shift);
  v[4] = _mm256_srai_epi32(minus(sum3, odd0), shift);
}

AVX2 static inline __attribute__((always_inline)) void transpose(__m256i v[8]) {
  __m256i a[8], b[8];
  for (int32_t i = 0; i < 4; i++) {
    a[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
    a[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
  }
  for (int32_t i = 0; i < 2; i++) {
    b[4 * i] = _mm256_unpacklo_epi64(a[4 * i], a[4 * i + 2]);
    b[4 * i + 1] = _mm256_unpackhi_epi64(a[4 * i], a[4 * i + 2]);
    b[4 * i + 2] = _mm256_unpacklo_epi64(a[4 * i + 1], a[4 * i + 3]);
    b[4 * i + 3] = _mm256_unpackhi_epi64(a[4 * i + 1], a[4 * i + 3]);
  }
  for (int32_t i = 0; i < 4; i++) {
    v[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
    v[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
  }
}

AVX2 static void invert(const int16_t *coefficients, int32_t last, uint8_t *out, int64_t stride) {
  enum { LAST_BITS = PASS1_BITS + 3 };
  if (last == 0) {
    int32_t value = ((((int32_t)coefficients[0] * (1 << PASS1_BITS)) + (1 << (LAST_BITS - 1))) >> LAST_BITS) + CENTER;
    __m128i all = _mm_set1_epi8((char)(value < 0 ? 0 : value > 255 ? 255 : value));
    for (int32_t y = 0; y < 8; y++) {
      _mm_storel_epi64((__m128i *)(void *)(out + y * stride), all);
    }
    return;
  }
  __m256i v[8];
  for (int32_t i = 0; i < 8; i++) {
    v[i] = _mm256_cvtepi16_epi32(_mm_load_si128((const __m128i *)(const void *)(coefficients + 8 * i)));
  }
  invert_once(v, 1 << (CONST_BITS - PASS1_BITS - 1), CONST_BITS - PASS1_BITS);
  transpose(v);
  invert_once(v, (1 << (CONST_BITS + LAST_BITS - 1)) + (CENTER << (CONST_BITS + LAST_BITS)), CONST_BITS + LAST_BITS);
  /* v[x] has the pixels of column x: 4 x 4 of them in each half of a vector of bytes. */
  const __m256i columns = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m256i left = _mm256_packus_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
  __m256i right = _mm256_packus_epi16(_mm256_packs_epi32(v[4], v[5]), _mm256_packs_epi32(v[6], v[7]));
  left = _mm256_shuffle_epi8(left, columns);
  right = _mm256_shuffle_epi8(right, columns);
  __m256i rows0 = _mm256_unpacklo_epi32(left, right);
  __m256i rows2 = _mm256_unpackhi_epi32(left, right);
  __m128i pairs[4] = {_mm256_castsi256_si128(rows0), _mm256_castsi256_si128(rows2), _mm256_extracti128_si256(rows0, 1),
                      _mm256_extracti128_si256(rows2, 1)};
  for (int32_t i = 0; i < 4; i++) {
    _mm_storel_epi64((__m128i *)(void *)(out + 2 * i * stride), pairs[i]);
    _mm_storel_epi64((__m128i *)(void *)(out + (2 * i + 1) * stride), _mm_unpackhi_epi64(pairs[i], pairs[i]));
  }
}

AVX2 static void widen(const uint16_t *row, int32_t count, int32_t left, int32_t right, int32_t shift, uint8_t *out) {
  __m256i left_bias = _mm256_set1_epi16((short)left);
  __m256i right_bias = _mm256_set1_epi16((short)right);
  __m128i by = _mm_cvtsi32_si128(shift);
  for (int32_t x = 0; x < count; x += 16) {
    __m256i here = _mm256_loadu_si256((const __m256i *)(const void *)(row + x));
    __m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(row + x - 1));
    __m256i after = _mm256_loadu_si256((const __m256i *)(const void *)(row + x + 1));
    __m256i triple = _mm256_add_epi16(here, _mm256_add_epi16(here, here));
    __m256i a = _mm256_srl_epi16(_mm256_add_epi16(_mm256_add_epi16(triple, before), left_bias), by);
    __m256i b = _mm256_srl_epi16(_mm256_add_epi16(_mm256_add_epi16(triple, after), right_bias), by);
    _mm256_storeu_si256((__m256i *)(void *)(out + 2 * x), _mm256_or_si256(a, _mm256_slli_epi16(b, 8)));
  }
}

AVX2 static void blend(const uint8_t *near, const uint8_t *other, int32_t count, uint16_t *out) {
  for (int32_t x = 0; x < count; x += 16) {
    __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(near + x)));
    __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(other + x)));
    __m256i sum = _mm256_add_epi16(_mm256_add_epi16(a, _mm256_add_epi16(a, a)), b);
    _mm256_storeu_si256((__m256i *)(void *)(out + x), sum);
  }
}

/* Multiplies pairs of cb and cr, in order of the pixels within halves, and rounds away 16 bits of fixed point. */
AVX2 static inline __m256i weigh(__m256i low, __m256i high, int32_t of_cb, int32_t of_cr) {
  __m256i factors = _mm256_set1_epi32((int32_t)((uint32_t)of_cr << 16 | (uint16_t)of_cb));
  __m256i half = _mm256_set1_epi32(1 << 15);
  __m256i a = _mm256_srai_epi32(plus(_mm256_madd_epi16(low, factors), half), 16);
  __m256i b = _mm256_srai_epi32(plus(_mm256_madd_epi16(high, factors), half), 16);
  return _mm256_packs_epi32(a, b);
}

/* The factors 1.402, 1.772, 0.34414 and 0.71414 without what is a whole number: cr, 2 cb and cr are added instead. */
AVX2 static void to_rgb(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, int32_t count, uint8_t *out) {
  const __m256i center = _mm256_set1_epi16(CENTER);
  const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  for (int32_t x = 0; x < count; x += 16, out += 16 * CHANNELS) {
    __m256i luma = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(y + x)));
    __m256i blue = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(cb + x)));
    __m256i red = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(cr + x)));
    blue = _mm256_sub_epi16(blue, center);
    red = _mm256_sub_epi16(red, center);
    __m256i low = _mm256_unpacklo_epi16(blue, red);
    __m256i high = _mm256_unpackhi_epi16(blue, red);
    __m256i r = _mm256_add_epi16(_mm256_add_epi16(luma, red), weigh(low, high, 0, 26345));
    __m256i g = _mm256_add_epi16(_mm256_sub_epi16(luma, red), weigh(low, high, -22554, 18734));
    __m256i b = _mm256_add_epi16(_mm256_add_epi16(luma, _mm256_add_epi16(blue, blue)), weigh(low, high, -14942, 0));
    /* Halves of the vectors: pixels 0 to 7 and 8 to 15. */
    __m256i rg = _mm256_packus_epi16(r, g);
    __m256i bb = _mm256_packus_epi16(b, b);
    __m256i red_green = _mm256_unpacklo_epi8(rg, _mm256_unpackhi_epi64(rg, rg));
    __m256i blue_blue = _mm256_unpacklo_epi8(bb, bb);
    __m256i first = _mm256_unpacklo_epi16(red_green, blue_blue);
    __m256i second = _mm256_unpackhi_epi16(red_green, blue_blue);
    __m128i parts[4] = {_mm256_castsi256_si128(first), _mm256_castsi256_si128(second),
                        _mm256_extracti128_si256(first, 1), _mm256_extracti128_si256(second, 1)};
    for (int32_t i = 0; i < 4; i++) {
      _mm_storeu_si128((__m128i *)(void *)(out + 12 * i), _mm_shuffle_epi8(parts[i], three));
    }
  }
}

const pixel_loops pixel_loops_avx2 = {invert, widen, blend, to_rgb};

#endif
