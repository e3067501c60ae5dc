/* Cotangents of the saved states pulled back through the accepted steps, block by block from the last to the first.

See solver/gradients/discrete_adjoint.py: every stage is evaluated again from the step's kept start and pulled back
once, and a last stage that only dense output needs is pulled back as the next step's first. */
#ifndef ADJOINT_H
#define ADJOINT_H

#include "pullback.h"
#include "run.h"

/* Of one block: evaluations of all stages, their slopes, and cotangents. `onto_stages` are those that the states saved
inside the step put on each stage, `onto_next` what they put on the first stage of the step after it. */
typedef struct {
    const Run *run;
    const real *saved; /* (times, batch, entries) */
    WeightSums sums;
    Tape tapes[MOST_STAGES];
    real *slopes[MOST_STAGES], *pulled[MOST_STAGES], *onto_stages[MOST_STAGES], *onto_next;
    real *at, *due, *cotangent, *row, *inside;
    long block, size;
    long evaluations;
} Adjoint;

static void make_adjoint(Pool *pool, Adjoint *adjoint, const Run *run, const real *saved,
                         int64_t parameters) {
    long size = BLOCK * run->batch.entries;
    adjoint->run = run;
    adjoint->saved = saved;
    make_sums(pool, &adjoint->sums, &run->network, BLOCK, parameters);
    for (int stage = 0; stage < run->method.all_stages; stage++) {
        make_tape(pool, &adjoint->tapes[stage], &run->network, BLOCK, 1);
        adjoint->slopes[stage] = take_reals(pool, size);
        adjoint->pulled[stage] = take_reals(pool, size);
        adjoint->onto_stages[stage] = take_reals(pool, size);
    }
    real **each[] = {&adjoint->onto_next, &adjoint->at, &adjoint->due, &adjoint->cotangent, &adjoint->row,
                     &adjoint->inside};
    for (int part = 0; part < 6; part++)
        *each[part] = take_reals(pool, size);
}

INLINE void add(long size, const real *x, real scale, real *to) {
    for (long at = 0; at < size; at += LANES)
        store(to + at, load(to + at) + load(x + at) * scale);
}

/* The cotangent of a saved row, as this block has it. */
static const real *saved_row(Adjoint *adjoint, long row) {
    const Batch *batch = &adjoint->run->batch;
    pack_block(batch, adjoint->block, adjoint->saved + row * batch->rows * batch->entries, adjoint->row, 0);
    return adjoint->row;
}

/* What the rows saved in a step put on its end (onto the cotangent), its start (into `inside`) and its stages.

Returns whether there were any inside. */
static int sort_saved(Adjoint *adjoint, long step) {
    const Run *run = adjoint->run;
    const Checkpoint *at = run->checkpoints + step;
    int found = 0;
    real weights[MOST_STAGES];
    for (long row = at->first_row, stop = row + outputs_in(run, step); row < stop; row++) {
        const real *due = saved_row(adjoint, row);
        if (run->thetas[row] == 1.0) {
            add(adjoint->size, due, 1, adjoint->cotangent);
            continue;
        }
        if (!found) {
            memset(adjoint->inside, 0, (size_t)adjoint->size * sizeof(real));
            for (int stage = 0; stage < run->method.all_stages; stage++)
                memset(adjoint->onto_stages[stage], 0, (size_t)adjoint->size * sizeof(real));
        }
        found = 1;
        dense_weights(&run->method, run->thetas[row], weights);
        add(adjoint->size, due, 1, adjoint->inside);
        for (int stage = 0; stage < run->method.all_stages; stage++)
            add(adjoint->size, due, weights[stage] * (real)at->dt, adjoint->onto_stages[stage]);
    }
    return found;
}

/* What the rows saved inside a step put on its last stage, into `onto_next`; whether there were any. */
static int look_ahead(Adjoint *adjoint, long step) {
    const Run *run = adjoint->run;
    int found = 0, last = run->method.all_stages - 1;
    real weights[MOST_STAGES];
    memset(adjoint->onto_next, 0, (size_t)adjoint->size * sizeof(real));
    if (step < 0 || !run->method.shares_last_stage)
        return 0;
    const Checkpoint *at = run->checkpoints + step;
    for (long row = at->first_row, stop = row + outputs_in(run, step); row < stop; row++) {
        if (run->thetas[row] == 1.0)
            continue;
        found = 1;
        dense_weights(&run->method, run->thetas[row], weights);
        add(adjoint->size, saved_row(adjoint, row), weights[last] * (real)at->dt, adjoint->onto_next);
    }
    return found;
}

static void evaluate_again(Adjoint *adjoint, int stage, double t, const real *at) {
    const Run *run = adjoint->run;
    evaluate(&run->network, &adjoint->tapes[stage], t, clocks_of(run, adjoint->block), at, adjoint->slopes[stage],
             columns_in(&run->batch, adjoint->block));
    adjoint->evaluations++;
}

/* The step's first `stop` stages, evaluated again. */
static void repeat_step(Adjoint *adjoint, const Checkpoint *step, int stop) {
    const Run *run = adjoint->run;
    const Method *method = &run->method;
    const real *y = step->y + start_of(&run->batch, adjoint->block);
    for (int stage = 0; stage < stop; stage++) {
        combine(adjoint->size, y, (real)step->dt, method->a + stage * method->all_stages, adjoint->slopes, stage,
                adjoint->at);
        evaluate_again(adjoint, stage, step->t + method->c[stage] * step->dt, adjoint->at);
    }
}

/* The cotangent of a stage's slope: from the step's end and from the later stages' states. */
static void gather_due(Adjoint *adjoint, int stage, int stop, double dt) {
    const Method *method = &adjoint->run->method;
    memset(adjoint->due, 0, (size_t)adjoint->size * sizeof(real));
    for (int later = stage + 1; later < stop; later++)
        add(adjoint->size, adjoint->pulled[later], method->a[later * method->all_stages + stage] * (real)dt,
            adjoint->due);
    add(adjoint->size, adjoint->cotangent, method->b[stage] * (real)dt, adjoint->due);
}

static void pull_stage(Adjoint *adjoint, int stage, const real *due) {
    pull_back(&adjoint->run->network, &adjoint->tapes[stage], &adjoint->sums, due, adjoint->pulled[stage]);
}

/* Cotangent of the step's end -> that of its start. */
static void pull_step(Adjoint *adjoint, long place) {
    const Run *run = adjoint->run;
    const Method *method = &run->method;
    const Checkpoint *step = run->checkpoints + place;
    int inside = sort_saved(adjoint, place), followed = look_ahead(adjoint, place - 1);
    int stop = inside && !method->shares_last_stage ? method->all_stages : method->advancing;
    repeat_step(adjoint, step, stop);
    for (int stage = stop - 1; stage >= 0; stage--) {
        gather_due(adjoint, stage, stop, step->dt);
        if (inside)
            add(adjoint->size, adjoint->onto_stages[stage], 1, adjoint->due);
        if (stage == 0 && followed)
            add(adjoint->size, adjoint->onto_next, 1, adjoint->due);
        pull_stage(adjoint, stage, adjoint->due);
    }
    for (int stage = 0; stage < stop; stage++)
        add(adjoint->size, adjoint->pulled[stage], 1, adjoint->cotangent);
    if (inside)
        add(adjoint->size, adjoint->inside, 1, adjoint->cotangent);
}

/* The slope where the last step ends, where states saved inside that step depend on it. */
static void pull_end(Adjoint *adjoint) {
    const Run *run = adjoint->run;
    if (!look_ahead(adjoint, run->kept - 1))
        return;
    evaluate_again(adjoint, 0, run->end_t, run->end + start_of(&run->batch, adjoint->block));
    pull_stage(adjoint, 0, adjoint->onto_next);
    add(adjoint->size, adjoint->pulled[0], 1, adjoint->cotangent);
}

static void pull_block(Adjoint *adjoint, long block, real *in_y0) {
    const Run *run = adjoint->run;
    adjoint->block = block;
    adjoint->size = columns_in(&run->batch, block) * run->batch.entries;
    memset(adjoint->cotangent, 0, (size_t)adjoint->size * sizeof(real));
    if (run->kept)
        pull_end(adjoint);
    for (long step = run->kept - 1; step >= 0; step--)
        pull_step(adjoint, step);
    for (long row = 0; row < run->at_start; row++)
        add(adjoint->size, saved_row(adjoint, row), 1, adjoint->cotangent);
    unpack_block(&run->batch, block, adjoint->cotangent, in_y0);
}

/* The cotangents of y0 and of the flat weights, of which there are `parameters`; 0 where they are not wanted.

Returns how often the field was evaluated, or -1 when there was no memory. */
static int64_t run_adjoint(const Run *run, const real *saved, real *in_y0, real *in_theta, int64_t parameters) {
    Pool workspace = {.passing = 1};
    Adjoint *adjoint = take_zeros(&workspace, sizeof(Adjoint));
    if (adjoint)
        make_adjoint(&workspace, adjoint, run, saved, parameters);
    int64_t evaluations = -1;
    if (!workspace.exhausted) {
        for (long block = 0; block < run->batch.blocks; block++) {
            pull_block(adjoint, block, in_y0);
            give_sums(&run->network, &adjoint->sums);
        }
        for (long i = 0; i < parameters; i++)
            in_theta[i] = (real)adjoint->sums.totals[i];
        evaluations = adjoint->evaluations / run->batch.blocks;
    }
    give_back(&workspace);
    return evaluations;
}

#endif
