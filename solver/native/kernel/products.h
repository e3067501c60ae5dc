/* Products of small matrices whose columns are samples, in tiles that stay in registers. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "numbers.h"

INLINE long padded(long count) { return (count + LANES - 1) / LANES * LANES; }

/* Rows of the tile that starts at row `o` of `outer`: as many as fit, then 4, 2 and 1 for those left over. */
INLINE long rows_of_tile(long outer, long o) {
    long left = outer - o;
    return left >= TILE ? TILE : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* Calls MAKE(rows, o) for every tile, with `rows` a constant. */
#define FOR_EACH_TILE(outer, MAKE)                                                                                     \
    for (long o = 0, rows; o < (outer); o += rows) {                                                                   \
        rows = rows_of_tile(outer, o);                                                                                 \
        if (rows == TILE)                                                                                              \
            MAKE(TILE, o);                                                                                             \
        else if (rows == 4)                                                                                            \
            MAKE(4, o);                                                                                                \
        else if (rows == 2)                                                                                            \
            MAKE(2, o);                                                                                                \
        else                                                                                                           \
            MAKE(1, o);                                                                                                \
    }

/* out = start + sum_i m[i][.] x[i][.] for `rows` rows and `vecs` vectors of columns; both are constants here. */
INLINE void product_tile(const int rows, const int vecs, long inner, const real *m, const real *x, real *out,
                         long columns, const real *start) {
    vec sum[TILE][WIDE];
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            sum[o][v] = splat(start ? start[o] : 0);
    for (long i = 0; i < inner; i++, m += rows, x += columns) {
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

INLINE void product_rows(const int rows, long inner, const real *m, const real *x, real *out, long columns, long used,
                         const real *start) {
    long at = 0;
    for (; at + BLOCK <= used; at += BLOCK)
        product_tile(rows, WIDE, inner, m, x + at, out + at, columns, start);
    for (; at < used; at += LANES)
        product_tile(rows, 1, inner, m, x + at, out + at, columns, start);
}

typedef struct {
    long first, rows;
} Tile;

/* The tile that row `o` is in. */
INLINE Tile tile_of(long outer, long o) {
    long first = o / TILE * TILE, left = outer - first;
    for (long rows = TILE; rows > 1; rows /= 2)
        if (left >= rows) {
            if (o < first + rows)
                return (Tile){first, rows};
            first += rows;
            left -= rows;
        }
    return (Tile){first, 1};
}

/* A matrix as `product` takes it: tile by tile, in the order in which it is read. */
static void fill_tiles(long outer, long inner, const real *from, long apart_o, long apart_i, real *to) {
    for (long o = 0; o < outer; o++) {
        Tile tile = tile_of(outer, o);
        real *place = to + tile.first * inner + o - tile.first;
        for (long i = 0; i < inner; i++)
            place[i * tile.rows] = from[o * apart_o + i * apart_i];
    }
}

/* out (outer, columns) = start + m x, with m (outer, inner) in tiles and x (inner, columns).

Made for the first `used` columns. `start` (outer) may be NULL, which is zero. */
static void product(long outer, long inner, const real *m, const real *x, real *out, long columns, long used,
                    const real *start) {
#define MAKE(rows, o)                                                                                                  \
    product_rows(rows, inner, m + (o)*inner, x, out + (o)*columns, columns, used, start ? start + (o) : NULL)
    FOR_EACH_TILE(outer, MAKE)
#undef MAKE
}

/* sums (outer, inner) of vectors += c x' lane by lane: what is left is to add up the lanes. */
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

/* Where the lanes of two vectors a, b come from when they change places: a's with the bit `s` set, b's without it. */
#define OF_A(lane, s) (((lane) & (s) ? LANES + (lane) - (s) : (lane)) & (2 * LANES - 1))
#define OF_B(lane, s) (((lane) & (s) ? LANES + (lane) : (lane) + (s)) & (2 * LANES - 1))

#define TWO(of, lane, s) of(lane, s), of((lane) + 1, s)
#define FOUR(of, lane, s) TWO(of, lane, s), TWO(of, (lane) + 2, s)
#define EIGHT(of, lane, s) FOUR(of, lane, s), FOUR(of, (lane) + 4, s)
#define SIXTEEN(of, lane, s) EIGHT(of, lane, s), EIGHT(of, (lane) + 8, s)
#if LANES == 16
#define EACH_LANE SIXTEEN
#elif LANES == 8
#define EACH_LANE EIGHT
#elif LANES == 4
#define EACH_LANE FOUR
#else
#define EACH_LANE TWO
#endif

/* In clang only literal places become single instructions: with any others a gradient takes 1.7 times as long. */
#if defined(__clang__)
#define SHUFFLED(a, b, of, s) __builtin_shufflevector(a, b, EACH_LANE(of, 0, s))
#else
#define SHUFFLED(a, b, of, s) __builtin_shuffle(a, b, (bits){EACH_LANE(of, 0, s)})
#endif

#define EXCHANGE(s)                                                                                                    \
    _Pragma("GCC unroll 16") for (int i = 0; (s) < LANES && i < LANES; i++) if (!(i & (s))) {                          \
        vec a = r[i], b = r[i + (s)];                                                                                  \
        r[i] = SHUFFLED(a, b, OF_A, s);                                                                                \
        r[i + (s)] = SHUFFLED(a, b, OF_B, s);                                                                          \
    }

/* A square of LANES rows, of which `rows` exist and the others are zero, transposed. Eklundh, 1972. */
INLINE void transpose_square(const real *from, long stride, long rows, real *to, long to_stride) {
    vec r[2 * LANES]; /* the upper half is named by exchanges too far apart, which are not made */
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        r[i] = i < rows ? load(from + i * stride) : (vec){0};
    EXCHANGE(8)
    EXCHANGE(4)
    EXCHANGE(2)
    EXCHANGE(1)
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        store(to + i * to_stride, r[i]);
}

/* Columns of `transpose`d matrices and of sums go in panels as wide as a tile; the last one may be one vector wide. */
INLINE long panel_width(long inner, long i) { return i / BLOCK * BLOCK + BLOCK <= padded(inner) ? BLOCK : LANES; }

/* x (rows, columns) -> its transpose (columns, padded(rows)), panel after panel. */
static void transpose(long rows, long columns, const real *x, real *to) {
    for (long row = 0; row < rows; row += LANES) {
        long first = row / BLOCK * BLOCK, width = panel_width(rows, row);
        for (long at = 0; at < columns; at += LANES)
            transpose_square(x + row * columns + at, columns, rows - row,
                             to + first * columns + at * width + row - first, width);
    }
}

INLINE void outer_tile(const int rows, const int vecs, long columns, const real *c, const real *x, real *sums) {
    vec sum[TILE][WIDE];
#pragma GCC unroll 8
    for (int o = 0; o < rows; o++)
#pragma GCC unroll 2
        for (int v = 0; v < vecs; v++)
            sum[o][v] = load(sums + (o * vecs + v) * LANES);
    for (long at = 0; at < columns; at++, x += vecs * LANES) {
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
            store(sums + (o * vecs + v) * LANES, sum[o][v]);
}

INLINE void outer_rows(const int rows, long inner, long columns, const real *c, const real *x, real *sums) {
    long at = 0;
    for (; at + BLOCK <= padded(inner); at += BLOCK)
        outer_tile(rows, WIDE, columns, c, x + at * columns, sums + at * rows);
    if (at < padded(inner))
        outer_tile(rows, 1, columns, c, x + at * columns, sums + at * rows);
}

/* Row `o` of the sums of `add_outer`, added to `to` (inner). */
static void give_row(long outer, long inner, const real *sums, long o, double *to) {
    Tile tile = tile_of(outer, o);
    for (long panel = 0; panel < inner; panel += BLOCK) {
        long width = panel_width(inner, panel), stop = inner - panel < width ? inner - panel : width;
        const real *from = sums + tile.first * padded(inner) + panel * tile.rows + (o - tile.first) * width;
        for (long i = 0; i < stop; i++)
            to[panel + i] += (double)from[i];
    }
}

/* sums (outer, inner), tile by tile, += c x, with c (outer, columns) and x (columns, inner) `transpose`d. */
static void add_outer(long outer, long inner, const real *c, const real *x, long columns, real *sums) {
#define MAKE(rows, o) outer_rows(rows, inner, columns, c + (o)*columns, x, sums + (o)*padded(inner))
    FOR_EACH_TILE(outer, MAKE)
#undef MAKE
}

#endif
