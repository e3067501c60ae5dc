/* Memory that is taken piece by piece and given back all at once. */
#ifndef POOL_H
#define POOL_H

#include "numbers.h"
#if defined(_WIN32)
#include <malloc.h>
#endif

#define SMALLEST_CHUNK ((size_t)1 << 15)
#define LARGEST_CHUNK ((size_t)1 << 26) /* unless one piece needs more */
#define LARGEST_SPARE ((size_t)1 << 24)

typedef struct Chunk {
    struct Chunk *before;
    size_t size, used;
} Chunk;

typedef struct {
    Chunk *last;
    int passing;   /* whether it is given back before the call ends; it then starts with the spare chunk */
    int exhausted; /* whether something that was asked for was not to be had */
} Pool;

/* One chunk that no pool holds: fresh pages cost more than a short solve. Whoever exchanges it has it alone. */
static Chunk *spare_chunk;

static Chunk *exchange_spare(Chunk *chunk) { return __atomic_exchange_n(&spare_chunk, chunk, __ATOMIC_ACQ_REL); }

static size_t in_vectors(size_t bytes) { return (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES; }

/* Memory aligned to vectors, or NULL. Windows keeps such memory apart from what free() takes. */
#if defined(_WIN32)
static void *aligned(size_t size) { return _aligned_malloc(size, VECTOR_BYTES); }
static void let_go(Chunk *chunk) { _aligned_free(chunk); }
#else
static void *aligned(size_t size) {
    void *memory = NULL;
    return posix_memalign(&memory, VECTOR_BYTES, size) ? NULL : memory;
}
static void let_go(Chunk *chunk) { free(chunk); }
#endif

static Chunk *new_chunk(size_t size, int passing) {
    Chunk *spare = passing ? exchange_spare(NULL) : NULL;
    if (spare && spare->size >= size)
        return spare;
    let_go(spare);
    Chunk *chunk = aligned(size);
    if (chunk)
        chunk->size = size;
    return chunk;
}

/* So many bytes, aligned to vectors; NULL, and the pool exhausted, when there are no more. */
static void *take(Pool *pool, size_t bytes) {
    size_t header = in_vectors(sizeof(Chunk)), wanted = in_vectors(bytes);
    Chunk *chunk = pool->last;
    if (!chunk || chunk->size - chunk->used < wanted) {
        size_t size = chunk ? 2 * chunk->size : SMALLEST_CHUNK;
        size = size < LARGEST_CHUNK ? size : LARGEST_CHUNK;
        chunk = new_chunk(size < header + wanted ? header + wanted : size, pool->passing);
        if (!chunk) {
            pool->exhausted = 1;
            return NULL;
        }
        chunk->before = pool->last;
        chunk->used = header;
        pool->last = chunk;
    }
    void *memory = (char *)chunk + chunk->used;
    chunk->used += wanted;
    return memory;
}

static void *take_zeros(Pool *pool, size_t bytes) {
    void *memory = take(pool, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

static real *take_reals(Pool *pool, long count) { return take(pool, (size_t)count * sizeof(real)); }

/* The last chunk, which is the largest, becomes the spare one. */
static void give_back(Pool *pool) {
    Chunk *chunk = pool->last;
    pool->last = NULL;
    if (chunk && pool->passing && chunk->size <= LARGEST_SPARE) {
        Chunk *before = chunk->before;
        let_go(exchange_spare(chunk));
        chunk = before;
    }
    while (chunk) {
        Chunk *before = chunk->before;
        let_go(chunk);
        chunk = before;
    }
}

#endif
