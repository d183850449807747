/*
 * The loops of the resize with AVX2 and AVX-512. A lane of 128 bits holds one output, as sums of red, green and blue;
 * a block of four taps is 12 bytes of the row, which two shuffles turn into pairs for pmaddwd.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "internal.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

enum { HALF = 1 << (PRECISION_BITS - 1), LOW_BITS = 11, LOW = (1 << LOW_BITS) - 1, BLOCK = 12 };

/* Taps 0 and 1, then taps 2 and 3, of each channel as numbers of 16 bits. */
#define FIRST_PAIR 0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1
#define SECOND_PAIR 6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1
/* The three bytes of each output that count. */
#define THREE_OF_FOUR 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1

static inline __m128i load16(const uint8_t *from) { return _mm_loadu_si128((const __m128i *)(const void *)from); }

AVX2 static void horizontal_avx2(const uint8_t *row, int32_t origin, const axis *columns, const packed_axis *packed,
                                 uint8_t *out) {
  const __m256i first_pair = _mm256_broadcastsi128_si256(_mm_setr_epi8(FIRST_PAIR));
  const __m256i second_pair = _mm256_broadcastsi128_si256(_mm_setr_epi8(SECOND_PAIR));
  const __m128i narrow = _mm_setr_epi8(THREE_OF_FOUR);
  const int16_t *weights = packed->weights;
  (void)columns;
  for (int32_t group = 0; group < packed->groups; group++, out += 2 * CHANNELS) {
    const uint8_t *from0 = row + (ptrdiff_t)CHANNELS * (packed->first[2 * group] - origin);
    const uint8_t *from1 = row + (ptrdiff_t)CHANNELS * (packed->first[2 * group + 1] - origin);
    __m256i high = _mm256_setzero_si256();
    __m256i low = _mm256_set1_epi32(HALF);
    for (int32_t block = packed->blocks[group]; block > 0; block--, weights += 16) {
      __m256i w = _mm256_load_si256((const __m256i *)(const void *)weights);
      __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(from0)), load16(from1), 1);
      __m256i a = _mm256_shuffle_epi8(pixels, first_pair);
      __m256i b = _mm256_shuffle_epi8(pixels, second_pair);
      high = _mm256_add_epi32(high, _mm256_add_epi32(_mm256_madd_epi16(a, _mm256_shuffle_epi32(w, 0x00)),
                                                     _mm256_madd_epi16(b, _mm256_shuffle_epi32(w, 0x55))));
      low = _mm256_add_epi32(low, _mm256_add_epi32(_mm256_madd_epi16(a, _mm256_shuffle_epi32(w, 0xaa)),
                                                   _mm256_madd_epi16(b, _mm256_shuffle_epi32(w, 0xff))));
      from0 += BLOCK;
      from1 += BLOCK;
    }
    __m256i sum = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, LOW_BITS), low), PRECISION_BITS);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    __m128i bytes = _mm_shuffle_epi8(_mm_packus_epi16(words, words), narrow);
    _mm_storel_epi64((__m128i *)(void *)out, bytes);
  }
}

AVX512 static void horizontal_avx512(const uint8_t *row, int32_t origin, const axis *columns,
                                     const packed_axis *packed, uint8_t *out) {
  const __m512i first_pair = _mm512_broadcast_i32x4(_mm_setr_epi8(FIRST_PAIR));
  const __m512i second_pair = _mm512_broadcast_i32x4(_mm_setr_epi8(SECOND_PAIR));
  const __m128i narrow = _mm_setr_epi8(THREE_OF_FOUR);
  const int16_t *weights = packed->weights;
  (void)columns;
  for (int32_t group = 0; group < packed->groups; group++, out += 4 * CHANNELS) {
    const int32_t *first = packed->first + 4 * group;
    const uint8_t *from0 = row + (ptrdiff_t)CHANNELS * (first[0] - origin);
    const uint8_t *from1 = row + (ptrdiff_t)CHANNELS * (first[1] - origin);
    const uint8_t *from2 = row + (ptrdiff_t)CHANNELS * (first[2] - origin);
    const uint8_t *from3 = row + (ptrdiff_t)CHANNELS * (first[3] - origin);
    __m512i high = _mm512_setzero_si512();
    __m512i low = _mm512_set1_epi32(HALF);
    for (int32_t block = 0; block < packed->blocks[group]; block++, weights += 32) {
      ptrdiff_t at = (ptrdiff_t)BLOCK * block;
      __m512i w = _mm512_load_si512(weights);
      __m256i lower = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(from0 + at)), load16(from1 + at), 1);
      __m256i upper = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(from2 + at)), load16(from3 + at), 1);
      __m512i pixels = _mm512_inserti64x4(_mm512_castsi256_si512(lower), upper, 1);
      __m512i a = _mm512_shuffle_epi8(pixels, first_pair);
      __m512i b = _mm512_shuffle_epi8(pixels, second_pair);
      high = _mm512_add_epi32(high, _mm512_add_epi32(_mm512_madd_epi16(a, _mm512_shuffle_epi32(w, 0x00)),
                                                     _mm512_madd_epi16(b, _mm512_shuffle_epi32(w, 0x55))));
      low = _mm512_add_epi32(low, _mm512_add_epi32(_mm512_madd_epi16(a, _mm512_shuffle_epi32(w, 0xaa)),
                                                   _mm512_madd_epi16(b, _mm512_shuffle_epi32(w, 0xff))));
    }
    __m512i sum = _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(high, LOW_BITS), low), PRECISION_BITS);
    __m128i bytes = _mm_shuffle_epi8(_mm512_cvtusepi32_epi8(sum), narrow);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
  }
}

AVX2 static void vertical_avx2(const uint8_t *const *rows, const int32_t *weights, int32_t taps, int64_t bytes,
                               uint8_t *out) {
  const __m256i zero = _mm256_setzero_si256();
  for (int64_t x = 0; x < bytes; x += 32) {
    __m256i high[4], low[4];
    for (int32_t i = 0; i < 4; i++) {
      high[i] = zero;
      low[i] = _mm256_set1_epi32(HALF);
    }
    for (int32_t tap = 0; tap < taps; tap += 2) {
      bool pair = tap + 1 < taps;
      int32_t second = pair ? weights[tap + 1] : 0;
      __m256i h = _mm256_set1_epi32(weights[tap] >> LOW_BITS | (second >> LOW_BITS) << 16);
      __m256i l = _mm256_set1_epi32((weights[tap] & LOW) | (second & LOW) << 16);
      __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(rows[tap] + x));
      __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(rows[pair ? tap + 1 : tap] + x));
      __m256i left = _mm256_unpacklo_epi8(a, b);
      __m256i right = _mm256_unpackhi_epi8(a, b);
      __m256i pairs[4] = {_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
                          _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
      for (int32_t i = 0; i < 4; i++) {
        high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(pairs[i], h));
        low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(pairs[i], l));
      }
    }
    for (int32_t i = 0; i < 4; i++) {
      low[i] = _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(high[i], LOW_BITS), low[i]), PRECISION_BITS);
    }
    __m256i left = _mm256_packs_epi32(low[0], low[1]);
    __m256i right = _mm256_packs_epi32(low[2], low[3]);
    _mm256_storeu_si256((__m256i *)(void *)(out + x), _mm256_packus_epi16(left, right));
  }
}

AVX512 static void vertical_avx512(const uint8_t *const *rows, const int32_t *weights, int32_t taps, int64_t bytes,
                                   uint8_t *out) {
  const __m512i zero = _mm512_setzero_si512();
  for (int64_t x = 0; x < bytes; x += 64) {
    __m512i high[4], low[4];
    for (int32_t i = 0; i < 4; i++) {
      high[i] = zero;
      low[i] = _mm512_set1_epi32(HALF);
    }
    for (int32_t tap = 0; tap < taps; tap += 2) {
      bool pair = tap + 1 < taps;
      int32_t second = pair ? weights[tap + 1] : 0;
      __m512i h = _mm512_set1_epi32(weights[tap] >> LOW_BITS | (second >> LOW_BITS) << 16);
      __m512i l = _mm512_set1_epi32((weights[tap] & LOW) | (second & LOW) << 16);
      __m512i a = _mm512_loadu_si512(rows[tap] + x);
      __m512i b = _mm512_loadu_si512(rows[pair ? tap + 1 : tap] + x);
      __m512i left = _mm512_unpacklo_epi8(a, b);
      __m512i right = _mm512_unpackhi_epi8(a, b);
      __m512i pairs[4] = {_mm512_unpacklo_epi8(left, zero), _mm512_unpackhi_epi8(left, zero),
                          _mm512_unpacklo_epi8(right, zero), _mm512_unpackhi_epi8(right, zero)};
      for (int32_t i = 0; i < 4; i++) {
        high[i] = _mm512_add_epi32(high[i], _mm512_madd_epi16(pairs[i], h));
        low[i] = _mm512_add_epi32(low[i], _mm512_madd_epi16(pairs[i], l));
      }
    }
    for (int32_t i = 0; i < 4; i++) {
      low[i] = _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(high[i], LOW_BITS), low[i]), PRECISION_BITS);
    }
    __m512i left = _mm512_packs_epi32(low[0], low[1]);
    __m512i right = _mm512_packs_epi32(low[2], low[3]);
    _mm512_storeu_si512(out + x, _mm512_packus_epi16(left, right));
  }
}

const kernels kernels_avx2 = {"AVX2", 2, horizontal_avx2, vertical_avx2};
const kernels kernels_avx512 = {"AVX-512", 4, horizontal_avx512, vertical_avx512};

#endif
