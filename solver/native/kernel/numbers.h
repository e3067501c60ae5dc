/* What a number is, and a vector of numbers, in the precision that the kernel is compiled for (-DDOUBLE or not). */
#ifndef NUMBERS_H
#define NUMBERS_H

#if defined(__AVX__)
#include <immintrin.h>
#endif
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#ifdef DOUBLE
typedef double real;
typedef int64_t whole;
#define LANES (VECTOR_BYTES / 8L)
#else
typedef float real;
typedef int32_t whole;
#define LANES (VECTOR_BYTES / 4L)
#endif

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
typedef whole bits __attribute__((vector_size(VECTOR_BYTES)));

#define WIDE 2
#define BLOCK (WIDE * LANES)
/* A full block of samples is so many vectors wide: enough sums at once to hide an addition's latency. */

#if defined(__AVX512F__) || defined(__aarch64__)
#define TILE 8
#else
#define TILE 4
#endif
/* Rows of a product made at once: TILE * WIDE sums and what they are made of fit the registers. */

#define INLINE static inline __attribute__((always_inline))

INLINE vec splat(real x) { return x - (vec){0}; }

INLINE vec load(const real *from) { return *(const vec *)from; }

INLINE void store(real *to, vec x) { *(vec *)to = x; }

/* Lanes of a where the mask is set, else of b. A comparison with NaN is not set. */
INLINE vec choose(bits mask, vec a, vec b) { return (vec)((mask & (bits)a) | (~mask & (bits)b)); }

INLINE vec absolute(vec x) {
    const whole sign = (whole)1 << (8 * sizeof(whole) - 2);
    return (vec)((bits)x & (whole)(sign | (sign - 1)));
}

INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

/* x, or the bound where x is beyond it; NaN stays NaN, as these instructions return their second operand then. */
#if defined(__AVX512F__) && !defined(DOUBLE)
INLINE vec at_most(vec x, real bound) { return _mm512_min_ps(splat(bound), x); }
INLINE vec at_least(vec x, real bound) { return _mm512_max_ps(splat(bound), x); }
#elif defined(__AVX512F__)
INLINE vec at_most(vec x, real bound) { return _mm512_min_pd(splat(bound), x); }
INLINE vec at_least(vec x, real bound) { return _mm512_max_pd(splat(bound), x); }
#elif defined(__AVX__) && !defined(DOUBLE)
INLINE vec at_most(vec x, real bound) { return _mm256_min_ps(splat(bound), x); }
INLINE vec at_least(vec x, real bound) { return _mm256_max_ps(splat(bound), x); }
#elif defined(__AVX__)
INLINE vec at_most(vec x, real bound) { return _mm256_min_pd(splat(bound), x); }
INLINE vec at_least(vec x, real bound) { return _mm256_max_pd(splat(bound), x); }
#else
INLINE vec at_most(vec x, real bound) { return choose(x > splat(bound), splat(bound), x); }
INLINE vec at_least(vec x, real bound) { return choose(x < splat(bound), splat(bound), x); }
#endif

/* x within [low, high]. */
INLINE vec clamp(vec x, real low, real high) { return at_most(at_least(x, low), high); }

INLINE double sum_of_lanes(vec x) {
    double total = 0.0;
    for (int lane = 0; lane < LANES; lane++)
        total += (double)x[lane];
    return total;
}

#endif
