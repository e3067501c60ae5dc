/* What a number is, and a vector of numbers, in the precision that the kernel is compiled for (-DDOUBLE or not). */
#ifndef NUMBERS_H
#define NUMBERS_H

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
#else
typedef float real;
typedef int32_t whole;
#endif

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
typedef whole bits __attribute__((vector_size(VECTOR_BYTES)));

#define LANES ((long)(VECTOR_BYTES / sizeof(real)))
#define WIDE 2
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

/* x within [low, high]; NaN stays NaN. */
INLINE vec clamp(vec x, real low, real high) {
    x = choose(x < splat(low), splat(low), x);
    return choose(x > splat(high), splat(high), x);
}

INLINE double sum_of_lanes(vec x) {
    double total = 0.0;
    for (int lane = 0; lane < LANES; lane++)
        total += (double)x[lane];
    return total;
}

#endif
