/* How large a vector is in units of what is allowed: see solver/tolerance.py and solver/norms.py. */
#ifndef MEASURE_H
#define MEASURE_H

#include "batch.h"

enum Norm { RMS, LARGEST, WORST_SAMPLE };

typedef struct {
    int norm;
    real rtol, atol;
} Tolerance;

/* What has been seen of a vector: `poison` is NaN as soon as an entry is not finite, which a maximum would lose. */
typedef struct {
    double squares, largest, poison;
} Size;

/* 1 for columns that hold a sample, 0 for those left over in the last vector. */
INLINE vec present(long at, long rows) {
    vec found = {0};
    for (int lane = 0; lane < LANES; lane++)
        found[lane] = at + lane < rows;
    return found;
}

/* Take a block of the vector into account; its scale is atol + rtol max(|y0|, |y1|). */
static void size_up(Size *size, const Tolerance *tolerance, const Batch *batch, long block, const real *vector,
                    const real *y0, const real *y1) {
    long columns = columns_in(batch, block), rows = rows_in(batch, block);
    vec squares = {0}, worst = {0}, poison = {0};
    for (long at = 0; at < columns; at += LANES) {
        vec counts = at + LANES <= rows ? splat(1) : present(at, rows), of_sample = {0};
        for (long i = 0; i < batch->entries; i++) {
            long place = i * columns + at;
            vec scale = larger(absolute(load(y0 + place)), absolute(load(y1 + place))) * tolerance->rtol;
            vec relative = load(vector + place) * counts / (scale + tolerance->atol);
            of_sample += relative * relative;
            poison += relative * (real)0;
            if (tolerance->norm == LARGEST)
                worst = larger(absolute(relative), worst);
        }
        squares += of_sample;
        if (tolerance->norm == WORST_SAMPLE)
            worst = larger(of_sample, worst);
    }
    size->squares += sum_of_lanes(squares);
    size->poison += sum_of_lanes(poison);
    for (int lane = 0; lane < LANES; lane++)
        size->largest = worst[lane] > size->largest ? worst[lane] : size->largest;
}

static double told(const Size *size, const Tolerance *tolerance, const Batch *batch) {
    switch (tolerance->norm) {
    case RMS:
        return sqrt(size->squares / (double)(batch->rows * batch->entries));
    case LARGEST:
        return size->largest + size->poison;
    default:
        return sqrt(size->largest / (double)batch->entries) + size->poison;
    }
}

/* NaN where an entry of the block is not finite, else 0. */
static double not_finite(const real *vector, long size) {
    vec poison = {0};
    for (long at = 0; at < size; at += LANES)
        poison += load(vector + at) * (real)0;
    return sum_of_lanes(poison);
}

#endif
