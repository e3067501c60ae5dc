/* Cotangents of the saved states pulled back through the accepted steps, from the last to the first.

One block after the other goes through all steps; only where weights are made from time, which is done once a step, all
of them go through one step after the other.

See solver/gradients/discrete_adjoint.py: every stage is evaluated again from the step's kept start and pulled back
once, and a last stage that only dense output needs is pulled back as the next step's first. */
#ifndef ADJOINT_H
#define ADJOINT_H

#include "pullback.h"
#include "run.h"

/* Of one block: evaluations of all stages, their slopes, and cotangents; `cotangent` is its place among those of the
batch, `cotangents`. `onto_stages` are those that the states saved
inside the step put on each stage, `onto_next` what they put on the first stage of the step after it. */
typedef struct {
    const Run *run;
    const real *saved; /* (times, batch, entries) */
    WeightSums sums;
    double *totals; /* as the flat weights */
    Moments moments;
    Tape tapes[MOST_STAGES];
    real *slopes[MOST_STAGES], *pulled[MOST_STAGES], *onto_stages[MOST_STAGES], *onto_next;
    real *at, *due, *cotangents, *cotangent, *row, *inside;
    long block, size;
    long evaluations;
} Adjoint;

static void make_adjoint(Pool *pool, Adjoint *adjoint, const Run *run, const real *saved,
                         int64_t parameters) {
    long size = BLOCK * run->batch.entries;
    adjoint->run = run;
    adjoint->saved = saved;
    adjoint->totals = take_zeros(pool, (size_t)parameters * sizeof(double));
    adjoint->cotangents = take_zeros(pool, (size_t)size_of(&run->batch) * sizeof(real));
    make_sums(pool, &adjoint->sums, &run->network, BLOCK, run->method.all_stages, parameters > 0);
    make_moments(pool, &adjoint->moments, &run->network, run->method.all_stages, parameters > 0);
    for (int stage = 0; stage < run->method.all_stages; stage++) {
        make_tape(pool, &adjoint->tapes[stage], &run->network, BLOCK, 1);
        adjoint->slopes[stage] = take_reals(pool, size);
        adjoint->pulled[stage] = take_reals(pool, size);
        adjoint->onto_stages[stage] = take_reals(pool, size);
    }
    real **each[] = {&adjoint->onto_next, &adjoint->at, &adjoint->due, &adjoint->row, &adjoint->inside};
    for (int part = 0; part < 5; part++)
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

/* At the moment of the same place. */
static void evaluate_again(Adjoint *adjoint, int stage, const real *at) {
    const Run *run = adjoint->run;
    evaluate_at(&adjoint->moments, stage, &adjoint->tapes[stage], clocks_of(run, adjoint->block), at,
                adjoint->slopes[stage], columns_in(&run->batch, adjoint->block));
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
        evaluate_again(adjoint, stage, adjoint->at);
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
    adjoint->sums.layer = adjoint->sums.at[stage];
    pull_back(adjoint->moments.at + stage, &adjoint->tapes[stage], &adjoint->sums, due, adjoint->pulled[stage]);
}

/* How many of a step's first stages have a say in what was saved: dense output may ask for more than its end. */
static int stages_of(const Run *run, long place) {
    const Method *method = &run->method;
    long row = run->checkpoints[place].first_row, stop = row + outputs_in(run, place);
    while (row < stop && run->thetas[row] == 1.0)
        row++;
    return row < stop && !method->shares_last_stage ? method->all_stages : method->advancing;
}

/* Cotangent of the step's end -> that of its start, at the moments of its first `stop` stages. */
static void pull_step(Adjoint *adjoint, long place, int stop) {
    const Run *run = adjoint->run;
    const Checkpoint *step = run->checkpoints + place;
    int inside = sort_saved(adjoint, place), followed = look_ahead(adjoint, place - 1);
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

/* The slope where the last step ends, where states saved inside that step depend on it. At the first moment. */
static void pull_end(Adjoint *adjoint) {
    const Run *run = adjoint->run;
    if (!look_ahead(adjoint, run->kept - 1))
        return;
    evaluate_again(adjoint, 0, run->end + start_of(&run->batch, adjoint->block));
    pull_stage(adjoint, 0, adjoint->onto_next);
    add(adjoint->size, adjoint->pulled[0], 1, adjoint->cotangent);
}

static void turn_to(Adjoint *adjoint, long block) {
    const Batch *batch = &adjoint->run->batch;
    adjoint->block = block;
    adjoint->size = columns_in(batch, block) * batch->entries;
    adjoint->cotangent = adjoint->cotangents + start_of(batch, block);
}

/* What the weights have gathered at the first `count` moments, added to the totals. */
static void settle(Adjoint *adjoint, int count) {
    give_moments(&adjoint->moments, &adjoint->sums, count, adjoint->totals);
    give_sums(&adjoint->run->network, &adjoint->sums, adjoint->totals);
}

/* The blocks from `first` on, before `stop`, through all steps. */
static void pull_blocks(Adjoint *adjoint, long first, long stop) {
    const Run *run = adjoint->run;
    const double *c = run->method.c;
    if (run->kept)
        set_moments(&adjoint->moments, run->end_t, 0.0, c, 0, 1);
    for (long block = first; block < stop && run->kept; block++) {
        turn_to(adjoint, block);
        pull_end(adjoint);
    }
    if (run->kept && run->network.making)
        settle(adjoint, 1);
    for (long step = run->kept - 1; step >= 0; step--) {
        int stages = stages_of(run, step);
        set_moments(&adjoint->moments, run->checkpoints[step].t, run->checkpoints[step].dt, c, 0, stages);
        for (long block = first; block < stop; block++) {
            turn_to(adjoint, block);
            pull_step(adjoint, step, stages);
        }
        if (run->network.making)
            settle(adjoint, stages);
    }
    if (!run->network.making)
        settle(adjoint, 0);
}

/* The rows that were saved at the start, too. */
static void finish_block(Adjoint *adjoint, long block, real *in_y0) {
    const Run *run = adjoint->run;
    turn_to(adjoint, block);
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
        long blocks = run->batch.blocks, at_once = run->network.making ? blocks : 1;
        for (long block = 0; block < blocks; block += at_once)
            pull_blocks(adjoint, block, block + at_once);
        for (long block = 0; block < blocks; block++)
            finish_block(adjoint, block, in_y0);
        for (long i = 0; i < parameters; i++)
            in_theta[i] = (real)adjoint->totals[i];
        evaluations = adjoint->evaluations / blocks;
    }
    give_back(&workspace);
    return evaluations;
}

#endif
