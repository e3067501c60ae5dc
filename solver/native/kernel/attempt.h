/* One step attempted: the stages, where it ends and how large its error is, block by block. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "run.h"

/* The state under way. `slopes` are the stages, of which the first `evaluated` hold for the current point and dt. */
typedef struct {
    Tape tape;
    Moments moments;
    real *y, *y1, *scratch, *slopes[MOST_STAGES];
    int evaluated;
} Stepper;

static void make_stepper(Run *run, Pool *pool, Stepper *stepper) {
    long size = size_of(&run->batch);
    make_tape(pool, &stepper->tape, &run->network, BLOCK, 0);
    make_moments(pool, &stepper->moments, &run->network, run->method.all_stages, 0);
    for (int stage = 0; stage < run->method.all_stages; stage++)
        stepper->slopes[stage] = take_reals(pool, size);
    stepper->scratch = take_reals(pool, BLOCK * run->batch.entries);
    stepper->evaluated = 0;
}

static void evaluate_block(Run *run, Stepper *stepper, long block, int moment, const real *at, real *slopes) {
    evaluate_at(&stepper->moments, moment, &stepper->tape, clocks_of(run, block), at, slopes,
                columns_in(&run->batch, block));
}

/* The stages of a block from the first that is missing to `stop`; the last one's state stays in `at`.

They are at the moments of the same places. */
static void evaluate_stages(Run *run, Stepper *stepper, long block, double dt, int stop, real *at) {
    const Method *method = &run->method;
    long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
    real *slopes[MOST_STAGES];
    for (int stage = 0; stage < stop; stage++)
        slopes[stage] = stepper->slopes[stage] + start;
    for (int stage = stepper->evaluated; stage < stop; stage++) {
        combine(size, stepper->y + start, (real)dt, method->a + stage * method->all_stages, slopes, stage, at);
        evaluate_block(run, stepper, block, stage, at, slopes[stage]);
    }
}

/* The error estimates of a block, sized up. */
static void estimate(Run *run, Stepper *stepper, long block, Size *sizes) {
    const Method *method = &run->method;
    long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
    for (int each = 0; each < method->estimates; each++) {
        const real *weights = method->errors + each * method->all_stages;
        for (long at = 0; at < size; at += LANES) {
            vec sum = {0};
            for (int stage = 0; stage < method->stages; stage++)
                sum += load(stepper->slopes[stage] + start + at) * weights[stage];
            store(stepper->scratch + at, sum);
        }
        size_up(sizes + each, &run->tolerance, &run->batch, block, stepper->scratch, stepper->y + start,
                stepper->y1 + start);
    }
}

/* Hairer's estimate for Dormand-Prince 8(5,3) from the two mean squares. */
static double combined_853(double fifth, double third) {
    double denominator = fifth + 0.01 * third;
    return denominator != 0.0 ? fifth / sqrt(denominator) : 0.0;
}

/* Error over tolerance; without an estimate 0. Not finite where the step is not. */
static double ratio_of(const Run *run, const Size *sizes, double dt, double poison) {
    if (!run->method.estimates)
        return poison;
    double first = told(sizes, &run->tolerance, &run->batch);
    if (run->method.estimates == 1)
        return fabs(dt) * first;
    double second = told(sizes + 1, &run->tolerance, &run->batch);
    return fabs(dt) * combined_853(first * first, second * second);
}

static void evaluate_first(Run *run, Stepper *stepper, double t) {
    if (stepper->evaluated)
        return;
    set_moments(&stepper->moments, t, 0.0, run->method.c, 0, 1);
    for (long block = 0; block < run->batch.blocks; block++) {
        long start = start_of(&run->batch, block);
        evaluate_block(run, stepper, block, 0, stepper->y + start, stepper->slopes[0] + start);
    }
    run->evaluations++;
    stepper->evaluated = 1;
}

/* Try a step of size dt from (t, y): y1 and the error ratio. */
static double attempt(Run *run, Stepper *stepper, double t, double dt) {
    const Method *method = &run->method;
    Size sizes[2] = {{0, 0, 0}, {0, 0, 0}};
    double poison = 0.0;
    evaluate_first(run, stepper, t);
    stepper->evaluated = 1;
    set_moments(&stepper->moments, t, dt, method->c, 1, method->stages);
    for (long block = 0; block < run->batch.blocks; block++) {
        long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
        real *y1 = stepper->y1 + start, *slopes[MOST_STAGES];
        evaluate_stages(run, stepper, block, dt, method->stages, y1);
        if (!method->ends_on_last) {
            for (int stage = 0; stage < method->stages; stage++)
                slopes[stage] = stepper->slopes[stage] + start;
            combine(size, stepper->y + start, (real)dt, method->b, slopes, method->stages, y1);
        }
        estimate(run, stepper, block, sizes);
        if (!method->estimates)
            poison += not_finite(y1, size);
    }
    run->evaluations += method->stages - 1;
    stepper->evaluated = method->stages;
    return ratio_of(run, sizes, dt, poison);
}

/* Save the state at the place theta of the step attempted last into `rows` (batch, entries). */
static void save_inside(Run *run, Stepper *stepper, double t, double dt, double theta, real *rows) {
    const Method *method = &run->method;
    real weights[MOST_STAGES], *slopes[MOST_STAGES];
    dense_weights(method, theta, weights);
    set_moments(&stepper->moments, t, dt, method->c, stepper->evaluated, method->all_stages);
    for (long block = 0; block < run->batch.blocks; block++) {
        long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
        evaluate_stages(run, stepper, block, dt, method->all_stages, stepper->scratch);
        for (int stage = 0; stage < method->all_stages; stage++)
            slopes[stage] = stepper->slopes[stage] + start;
        combine(size, stepper->y + start, (real)dt, weights, slopes, method->all_stages, stepper->scratch);
        unpack_block(&run->batch, block, stepper->scratch, rows);
    }
    run->evaluations += method->all_stages - stepper->evaluated;
    stepper->evaluated = method->all_stages;
}

/* Move on from an accepted step: a stage that is f at its end is the next one's first. */
static void move_on(const Method *method, Stepper *stepper) {
    int handed = method->handed_on;
    if (handed < 0 || handed >= stepper->evaluated) {
        stepper->evaluated = 0;
        return;
    }
    real *first = stepper->slopes[0];
    stepper->slopes[0] = stepper->slopes[handed];
    stepper->slopes[handed] = first;
    stepper->evaluated = 1;
}

#endif
