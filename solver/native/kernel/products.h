/* Products of small matrices whose columns are samples, in tiles that stay in registers. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "numbers.h"

/* out = start + sum_i m[i][.] x[i][.] for `rows` rows and `vecs` vectors of columns; both are constants here. */
INLINE void product_tile(const int rows, const int vecs, long inner, const real *m, long m_stride, const real *x,
                         real *out, long columns, const real *start) {
    vec sum[TILE][WIDE];
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            sum[o][v] = splat(start ? start[o] : 0);
    for (long i = 0; i < inner; i++, m += m_stride, x += columns) {
        vec from[WIDE];
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            from[v] = load(x + v * LANES);
#pragma GCC unroll 8
        for (int o = 0; o < rows; o++) {
            vec weight = splat(m[o]);
#pragma GCC unroll 2
            for (int v = 0; v < vecs; v++)
                sum[o][v] += weight * from[v];
        }
    }
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            store(out + o * columns + v * LANES, sum[o][v]);
}

INLINE void product_rows(const int rows, long inner, const real *m, long m_stride, const real *x, real *out,
                         long columns, long used, const real *start) {
    long at = 0;
    for (; at + WIDE * LANES <= used; at += WIDE * LANES)
        product_tile(rows, WIDE, inner, m, m_stride, x + at, out + at, columns, start);
    for (; at < used; at += LANES)
        product_tile(rows, 1, inner, m, m_stride, x + at, out + at, columns, start);
}

/* out (outer, columns) = start + m' x, with m (inner, outer) and x (inner, columns), for the first `used` columns.

`start` (outer) may be NULL, which is zero. */
static void product(long outer, long inner, const real *m, const real *x, real *out, long columns, long used,
                    const real *start) {
    long o = 0;
#define ROWS(count)                                                                                                    \
    product_rows(count, inner, m + o, outer, x, out + o * columns, columns, used, start ? start + o : NULL)
    for (; o + TILE <= outer; o += TILE)
        ROWS(TILE);
    if (TILE > 4 && o + 4 <= outer) {
        ROWS(4);
        o += 4;
    }
    if (o + 2 <= outer) {
        ROWS(2);
        o += 2;
    }
    if (o < outer)
        ROWS(1);
#undef ROWS
}

/* sums (rows, columns of vectors) += c x' lane by lane: what is left is to add up the lanes. For few rows or columns. */
static void add_outer_by_lanes(long outer, long inner, const real *c, const real *x, long columns, real *sums) {
    for (long o = 0; o < outer; o++)
        for (long i = 0; i < inner; i++) {
            real *place = sums + (o * inner + i) * LANES;
            vec sum = load(place);
            for (long at = 0; at < columns; at += LANES)
                sum += load(c + o * columns + at) * load(x + i * columns + at);
            store(place, sum);
        }
}

INLINE vec shuffled(vec a, vec b, bits from) {
#if defined(__clang__)
    vec found;
    for (int lane = 0; lane < LANES; lane++)
        found[lane] = from[lane] < LANES ? a[from[lane]] : b[from[lane] - LANES];
    return found;
#else
    return __builtin_shuffle(a, b, from);
#endif
}

/* A square of LANES rows, of which `rows` exist and the others are zero, transposed. Eklundh, 1972. */
INLINE void transpose_square(const real *from, long stride, long rows, real *to, long to_stride) {
    vec r[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        r[i] = i < rows ? load(from + i * stride) : (vec){0};
#pragma GCC unroll 4
    for (int s = (int)LANES / 2; s; s /= 2) {
        bits low, high;
#pragma GCC unroll 16
        for (int lane = 0; lane < LANES; lane++) {
            low[lane] = lane & s ? LANES + lane - s : lane;
            high[lane] = lane & s ? LANES + lane : lane + s;
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            if (!(i & s)) {
                vec a = r[i], b = r[i + s];
                r[i] = shuffled(a, b, low);
                r[i + s] = shuffled(a, b, high);
            }
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        store(to + i * to_stride, r[i]);
}

INLINE long padded(long count) { return (count + LANES - 1) / LANES * LANES; }

/* x (rows, columns) -> to (columns, padded(rows)). */
static void transpose(long rows, long columns, const real *x, real *to) {
    long stride = padded(rows);
    for (long row = 0; row < rows; row += LANES)
        for (long at = 0; at < columns; at += LANES)
            transpose_square(x + row * columns + at, columns, rows - row, to + at * stride + row, stride);
}

INLINE void outer_tile(const int rows, const int vecs, long columns, const real *c, const real *x, long stride,
                       real *sums) {
    vec sum[TILE][WIDE];
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            sum[o][v] = load(sums + o * stride + v * LANES);
    for (long at = 0; at < columns; at++, x += stride) {
        vec from[WIDE];
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            from[v] = load(x + v * LANES);
#pragma GCC unroll 8
        for (int o = 0; o < rows; o++) {
            vec weight = splat(c[o * columns + at]);
#pragma GCC unroll 2
            for (int v = 0; v < vecs; v++)
                sum[o][v] += weight * from[v];
        }
    }
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            store(sums + o * stride + v * LANES, sum[o][v]);
}

INLINE void outer_rows(const int rows, long columns, const real *c, const real *x, long stride, real *sums) {
    long at = 0;
    for (; at + WIDE * LANES <= stride; at += WIDE * LANES)
        outer_tile(rows, WIDE, columns, c, x + at, stride, sums + at);
    for (; at < stride; at += LANES)
        outer_tile(rows, 1, columns, c, x + at, stride, sums + at);
}

/* sums (outer, padded(inner)) += c x, with c (outer, columns) and x (columns, padded(inner)). */
static void add_outer(long outer, long inner, const real *c, const real *x, long columns, real *sums) {
    long stride = padded(inner), o = 0;
    for (; o + TILE <= outer; o += TILE)
        outer_rows(TILE, columns, c + o * columns, x, stride, sums + o * stride);
    for (; o < outer; o++)
        outer_rows(1, columns, c + o * columns, x, stride, sums + o * stride);
}

#endif
