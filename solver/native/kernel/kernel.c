/* What Python calls: solve, pull back, probe, release. Compiled once with float numbers and once with -DDOUBLE. */
#include "adjoint.h"
#include "integration.h"

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

/* What a solve came to. `attempts` stays valid until the run is released. */
typedef struct {
    Run *run;
    const Attempt *attempts;
    int64_t attempted, evaluations, reached, status;
} Summary;

static void set_times(Run *run, const double *times, int64_t count) {
    run->rows = count;
    run->times = copied(&run->pool, times, count);
    run->thetas = take(&run->pool, (size_t)count * sizeof(double));
}

/* One number for each row, put where the columns are. */
static void set_clocks(Run *run, const real *clocks) {
    Batch numbers = batch_of(run->batch.rows, 1);
    real *packed = clocks ? take_reals(&run->pool, size_of(&numbers)) : NULL;
    if (packed)
        pack(&numbers, clocks, packed);
    run->clocks = packed;
}

/* Solve from y0 (rows, entries) through `times`, saving into ys (times, rows, entries). NULL when there is no memory.

`clocks` (rows) or NULL is how much later each row is than the solve's time. With `keep`, the run can be pulled back.
`look_up` may be NULL. */
EXPORT Run *nodeviz_solve(const NetworkPlaces *network, const Tableau *tableau, const Rules *rules, const real *theta,
                          const real *clocks, const real *y0, int64_t rows, const double *times, int64_t count,
                          int64_t keep, LookUp look_up, real *ys, Summary *summary) {
    Run *run = calloc(1, sizeof(Run));
    if (!run)
        return NULL;
    pack_network(&run->pool, &run->network, network, theta);
    copy_method(&run->pool, &run->method, tableau);
    set_times(run, times, count);
    run->rules = *rules;
    run->tolerance = (Tolerance){(int)rules->norm, (real)rules->rtol, (real)rules->atol};
    run->keep = (int)keep;
    run->look_up = look_up;
    if (!run->pool.exhausted) {
        run->batch = batch_of(rows, state_entries(&run->network));
        set_clocks(run, clocks);
        integrate(run, y0, ys);
    }
    if (run->pool.exhausted || run->status == OUT_OF_MEMORY) {
        release(run);
        return NULL;
    }
    *summary = (Summary){run, run->attempts, run->attempted, run->evaluations, run->row - 1, run->status};
    return run;
}

/* See `run_adjoint`. */
EXPORT int64_t nodeviz_pull_back(const Run *run, const real *cotangents, real *in_y0, real *in_theta,
                                 int64_t parameters) {
    return run_adjoint(run, cotangents, in_y0, in_theta, parameters);
}

EXPORT void nodeviz_release(Run *run) { release(run); }

/* h and its first three derivatives at z, `count` of each, a whole number of vectors: for tests of the activations. */
EXPORT void nodeviz_probe(int64_t activation, int64_t count, const real *z, real *h, real *slopes, real *curvatures,
                          real *third_derivatives) {
    for (int64_t at = 0; at + LANES <= count; at += LANES) {
        vec from, to[4];
        memcpy(&from, z + at, sizeof(vec));
        switch (activation) {
#define CASE(which)                                                                                                    \
    case which:                                                                                                        \
        to[0] = bent(which, from);                                                                                     \
        to[1] = slope(which, from, to[0]);                                                                             \
        to[2] = curvature(which, from, to[0]);                                                                         \
        to[3] = third_derivative(which, from, to[0]);                                                                  \
        break;
            CASE(TANH) CASE(SOFTPLUS) CASE(ELU) CASE(SILU) CASE(RELU) CASE(GELU)
        default:
            to[0] = bent(SINE, from);
            to[1] = slope(SINE, from, to[0]);
            to[2] = curvature(SINE, from, to[0]);
            to[3] = third_derivative(SINE, from, to[0]);
        }
        memcpy(h + at, to, sizeof(vec));
        memcpy(slopes + at, to + 1, sizeof(vec));
        memcpy(curvatures + at, to + 2, sizeof(vec));
        memcpy(third_derivatives + at, to + 3, sizeof(vec));
    }
}
