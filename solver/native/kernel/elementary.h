/* exp, exp - 1, log(1 + x), sin and cos of whole vectors, to about one unit in the last place.

Arguments are brought near zero, where a Taylor series is short; its coefficients are its own source. NaN passes. */
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include "numbers.h"

#ifdef DOUBLE
#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to a whole number in the low bits */
#define MANTISSA 52
#define EXPONENT_BIAS 1023
#define LN2_HIGH 6.93147180369123816490e-01 /* Cody and Waite: the high part times a whole number is exact */
#define LN2_LOW 1.90821492927058770002e-10
#define PI_HIGH 3.14159250259399414062
#define PI_MIDDLE 1.5099578831723192707e-7
#define PI_LOW 1.07806057163162381058e-14
#define EXP_LOWEST -708.0
#define EXP_HIGHEST 709.0
#define TANH_FLAT 20.0
#define EXP_TERMS 13
#define LOG_TERMS 16
#define SINE_TERMS 11
#define SINE_LARGEST 1e6
#else
#define ROUNDER 12582912.0f
#define MANTISSA 23
#define EXPONENT_BIAS 127
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define PI_HIGH 3.140625f
#define PI_MIDDLE 9.67502593994140625e-4f
#define PI_LOW 1.509957990978376432e-7f
#define EXP_LOWEST -87.0f
#define EXP_HIGHEST 88.0f
#define TANH_FLAT 10.0f
#define EXP_TERMS 7
#define LOG_TERMS 7
#define SINE_TERMS 7
#define SINE_LARGEST 1000.0f
#endif

/* exp(factor x) = scale * (1 + rest), with scale a power of two. */
typedef struct {
    vec scale, rest;
} Exponential;

/* `factor` is a constant, 1 or 2. */
INLINE Exponential split_exp(vec x, const real factor) {
    vec shifted = x * (factor * (real)1.44269504088896340736) + ((real)ROUNDER + EXPONENT_BIAS);
    vec count = shifted - ((real)ROUNDER + EXPONENT_BIAS);
    vec r = x - count * ((real)LN2_HIGH / factor);
    r = r - count * ((real)LN2_LOW / factor);
    real coefficient[EXP_TERMS + 1]; /* exp(factor r) - 1 = r (factor + r (factor^2 / 2! + ...)) */
    coefficient[0] = 1;
    for (int n = 1; n <= EXP_TERMS; n++)
        coefficient[n] = coefficient[n - 1] * factor / n;
    vec series = splat(coefficient[EXP_TERMS]);
#pragma GCC unroll 16
    for (int n = EXP_TERMS - 1; n > 1; n--)
        series = series * r + coefficient[n];
    Exponential found;
    found.rest = r * r * series + r * factor;
    found.scale = (vec)((bits)shifted << MANTISSA); /* its low bits are the count and the bias: the exponent */
    return found;
}

INLINE vec vexp(vec x) {
    Exponential e = split_exp(clamp(x, (real)EXP_LOWEST, (real)EXP_HIGHEST), 1);
    return e.scale * e.rest + e.scale;
}

INLINE vec exp_less_one(vec x) {
    Exponential e = split_exp(clamp(x, (real)EXP_LOWEST, (real)EXP_HIGHEST), 1);
    return e.scale * e.rest + (e.scale - (real)1);
}

/* From exp(2 x) - 1, which keeps all digits near zero; beyond TANH_FLAT it is 1 to rounding. */
INLINE vec vtanh(vec x) {
    Exponential e = split_exp(clamp(x, -(real)TANH_FLAT, (real)TANH_FLAT), 2);
    vec grown = e.scale * e.rest + (e.scale - (real)1);
    return grown / (grown + (real)2);
}

/* Exactly 0 where exp(-x) leaves the range of numbers, so that nothing large is left of x * sigmoid(x). */
INLINE vec sigmoid(vec x) {
    return choose(x < splat(-(real)EXP_HIGHEST), (vec){0}, (real)1 / ((real)1 + vexp(-x)));
}

/* log(1 + u) for u in [0, 1], as 2 artanh(u / (2 + u)). */
INLINE vec log_one_more(vec u) {
    vec s = u / (u + (real)2), square = s * s;
    vec series = splat((real)(1.0 / (2 * LOG_TERMS + 1)));
#pragma GCC unroll 16
    for (int n = LOG_TERMS - 1; n > 0; n--)
        series = series * square + (real)(1.0 / (2 * n + 1));
    s = s + s;
    return s * square * series + s;
}

/* sin(x) without `half`, cos(x) = sin(x + pi/2) with it. */
INLINE vec sine_near(vec x, int half) {
    const real inverse = (real)0.318309886183790671538;
    real offset = half ? (real)0.5 : (real)0;
    vec shifted = (x * inverse + offset) + (real)ROUNDER;
    vec count = (shifted - (real)ROUNDER) - offset;
    vec r = x - count * (real)PI_HIGH;
    r = r - count * (real)PI_MIDDLE;
    r = r - count * (real)PI_LOW;
    vec square = r * r;
    real coefficient[SINE_TERMS];
    coefficient[0] = 1;
    for (int n = 1; n < SINE_TERMS; n++)
        coefficient[n] = -coefficient[n - 1] / (real)((2 * n) * (2 * n + 1));
    vec series = splat(coefficient[SINE_TERMS - 1]);
#pragma GCC unroll 16
    for (int n = SINE_TERMS - 2; n > 0; n--)
        series = series * square + coefficient[n];
    vec value = r * square * series + r;
    bits odd = (bits)shifted << (whole)(8 * sizeof(whole) - 1);
    return (vec)((bits)value ^ odd);
}

/* Far out, where the reduction loses its digits, the C library does it, lane by lane. */
INLINE vec sine_or_cosine(vec x, int half) {
    bits far = ~(absolute(x) <= splat((real)SINE_LARGEST));
    vec value = sine_near(x, half);
    for (int lane = 0; lane < LANES; lane++)
        if (far[lane])
            value[lane] = (real)(half ? cos((double)x[lane]) : sin((double)x[lane]));
    return value;
}

INLINE vec vsin(vec x) { return sine_or_cosine(x, 0); }

INLINE vec vcos(vec x) { return sine_or_cosine(x, 1); }

#endif
