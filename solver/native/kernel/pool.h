/* Memory that is taken piece by piece and given back all at once. */
#ifndef POOL_H
#define POOL_H

#include "numbers.h"

typedef struct Piece {
    struct Piece *before;
} Piece;

typedef struct {
    Piece *last;
    int exhausted; /* whether something that was asked for was not to be had */
} Pool;

/* So many bytes of zeros, aligned to vectors; NULL, and the pool exhausted, when there are no more. */
static void *take(Pool *pool, size_t bytes) {
    size_t all = VECTOR_BYTES + (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES;
    void *memory = NULL;
    if (posix_memalign(&memory, VECTOR_BYTES, all)) {
        pool->exhausted = 1;
        return NULL;
    }
    memset(memory, 0, all);
    Piece *piece = memory;
    piece->before = pool->last;
    pool->last = piece;
    return (char *)memory + VECTOR_BYTES;
}

static real *take_reals(Pool *pool, long count) { return take(pool, (size_t)count * sizeof(real)); }

static void give_back(Pool *pool) {
    for (Piece *piece = pool->last; piece;) {
        Piece *before = piece->before;
        free(piece);
        piece = before;
    }
    pool->last = NULL;
}

#endif
