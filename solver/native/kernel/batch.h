/* How a batch of samples lies in memory: in blocks of columns, of which the last may be narrower.

A block is (entries, columns), each entry's samples side by side. Columns after the last sample repeat it, so that they
stay finite as long as it does; they count for nothing. */
#ifndef BATCH_H
#define BATCH_H

#include "pool.h"

typedef struct {
    long rows, entries, blocks;
} Batch;

static Batch batch_of(long rows, long entries) { return (Batch){rows, entries, (rows + BLOCK - 1) / BLOCK}; }

INLINE long rows_in(const Batch *batch, long block) {
    long left = batch->rows - block * BLOCK;
    return left < BLOCK ? left : BLOCK;
}

INLINE long columns_in(const Batch *batch, long block) {
    return (rows_in(batch, block) + LANES - 1) / LANES * LANES;
}

/* Where a block starts, counted in numbers. */
INLINE long start_of(const Batch *batch, long block) { return block * BLOCK * batch->entries; }

static long size_of(const Batch *batch) { return batch->blocks * BLOCK * batch->entries; }

/* The block's samples of `rows` (batch, entries), with zeros or the last sample in the columns that are left over. */
static void pack_block(const Batch *batch, long block, const real *rows, real *to, int repeat) {
    long count = rows_in(batch, block), columns = columns_in(batch, block), entries = batch->entries;
    const real *from = rows + block * BLOCK * entries;
    for (long i = 0; i < entries; i++) {
        for (long row = 0; row < count; row++)
            to[i * columns + row] = from[row * entries + i];
        real left = repeat ? from[(count - 1) * entries + i] : 0;
        for (long row = count; row < columns; row++)
            to[i * columns + row] = left;
    }
}

static void unpack_block(const Batch *batch, long block, const real *from, real *rows) {
    long count = rows_in(batch, block), columns = columns_in(batch, block), entries = batch->entries;
    real *to = rows + block * BLOCK * entries;
    for (long row = 0; row < count; row++)
        for (long i = 0; i < entries; i++)
            to[row * entries + i] = from[i * columns + row];
}

static void pack(const Batch *batch, const real *rows, real *to) {
    for (long block = 0; block < batch->blocks; block++)
        pack_block(batch, block, rows, to + start_of(batch, block), 1);
}

static void unpack(const Batch *batch, const real *from, real *rows) {
    for (long block = 0; block < batch->blocks; block++)
        unpack_block(batch, block, from + start_of(batch, block), rows);
}

#endif
