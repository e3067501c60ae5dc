/* The method: a tableau as it is told, and its coefficients in the kernel's precision. */
#ifndef METHOD_H
#define METHOD_H

#include "pool.h"

#define MOST_STAGES 32

/* Stages that only dense output needs come after `stages`; all rows have `all_stages` entries. `handed_on` is the stage
that is f at the step's end, or -1. */
typedef struct {
    int64_t stages, all_stages, advancing, handed_on, estimates, dense_rows, error_order;
    const double *c, *a, *b, *errors, *dense;
} Tableau;

typedef struct {
    int stages, all_stages, advancing, handed_on, estimates, dense_rows, error_order;
    int ends_on_last;      /* y1 is the state of the last stage (FSAL) */
    int shares_last_stage; /* the one stage that y1 does not need is the next step's first */
    double *c, *dense;
    real *a, *b, *errors;
} Method;

static real *rounded(Pool *pool, const double *from, long count) {
    real *to = take_reals(pool, count);
    for (long i = 0; to && i < count; i++)
        to[i] = (real)from[i];
    return to;
}

static double *copied(Pool *pool, const double *from, long count) {
    double *to = take(pool, (size_t)count * sizeof(double));
    if (to)
        memcpy(to, from, (size_t)count * sizeof(double));
    return to;
}

static void copy_method(Pool *pool, Method *method, const Tableau *told) {
    long all = told->all_stages;
    method->stages = (int)told->stages;
    method->all_stages = (int)all;
    method->advancing = (int)told->advancing;
    method->handed_on = (int)told->handed_on;
    method->estimates = (int)told->estimates;
    method->dense_rows = (int)told->dense_rows;
    method->error_order = (int)told->error_order;
    method->ends_on_last = told->handed_on >= 0 && told->handed_on < told->stages;
    method->shares_last_stage = told->handed_on == told->advancing && told->advancing == all - 1;
    method->c = copied(pool, told->c, all);
    method->dense = copied(pool, told->dense, told->dense_rows * all);
    method->a = rounded(pool, told->a, all * all);
    method->b = rounded(pool, told->b, all);
    method->errors = rounded(pool, told->errors, told->estimates * all);
}

/* b_i(theta) for every stage: what dense output weighs the slopes with. See solver/tableau.py. */
static void dense_weights(const Method *method, double theta, real *weights) {
    double total[MOST_STAGES] = {0}, product = 1.0;
    for (int row = 0; row < method->dense_rows; row++) {
        product *= row % 2 ? 1.0 - theta : theta;
        for (int stage = 0; stage < method->all_stages; stage++)
            total[stage] += product * method->dense[row * method->all_stages + stage];
    }
    for (int stage = 0; stage < method->all_stages; stage++)
        weights[stage] = (real)total[stage];
}

/* to = y + dt * sum_j weights[j] slopes[j], over `count` stages; the small sum first, as it is rounded once. */
static void combine(long size, const real *y, real dt, const real *weights, real *const *slopes, int count, real *to) {
    for (long at = 0; at < size; at += LANES) {
        vec sum = {0};
        for (int j = 0; j < count; j++)
            sum += load(slopes[j] + at) * weights[j];
        store(to + at, load(y + at) + sum * dt);
    }
}

#endif
