/* A solve and what is kept of it: everything that the adjoint and the caller ask for afterwards. */
#ifndef RUN_H
#define RUN_H

#include "batch.h"
#include "control.h"
#include "measure.h"
#include "method.h"
#include "moments.h"

enum Status { SUCCESS, STEP_UNDERFLOW, MAX_STEPS, NON_FINITE, OUT_OF_MEMORY, ABANDONED };

/* What the caller has called now and then in a solve, which is abandoned when it does not return 0. */
typedef int (*LookUp)(void);

/* One attempted step, as the caller reads it. */
typedef struct {
    double t, dt, ratio, accepted;
} Attempt;

/* An accepted step: where it starts, and the row of the first output inside it. `y` is NULL where it is not kept. */
typedef struct {
    double t, dt;
    real *y;
    long first_row;
} Checkpoint;

typedef struct {
    Pool pool;
    Network network;
    Method method;
    Rules rules;
    Tolerance tolerance;
    Batch batch;
    const real *clocks; /* one number for each column of every block, or NULL */
    double *times;      /* and in `thetas`, where in its step each falls: 1 at its end */
    double *thetas;
    long rows, row, at_start; /* output times, those saved so far, and those that are the start */
    int keep;
    Attempt *attempts;
    Checkpoint *checkpoints;
    long attempted, attempt_room, kept, checkpoint_room;
    int64_t evaluations, looked_at; /* `looked_at`: how many there were when the caller last looked up */
    LookUp look_up;                 /* or NULL */
    double t, end_t; /* `end`: where the last step ends */
    real *end;
    int status;
} Run;

/* Room for one more, doubled when it is used up; 0 when there is no more to be had. */
static int grow(void **items, long count, long *room, size_t size) {
    if (count < *room)
        return 1;
    long wanted = *room ? 2 * *room : 64;
    void *moved = realloc(*items, (size_t)wanted * size);
    if (!moved)
        return 0;
    *items = moved;
    *room = wanted;
    return 1;
}

static void release(Run *run) {
    give_back(&run->pool);
    free(run->attempts);
    free(run->checkpoints);
    free(run);
}

/* How many outputs fall into an accepted step. */
static long outputs_in(const Run *run, long step) {
    long next = step + 1 < run->kept ? run->checkpoints[step + 1].first_row : run->row;
    return next - run->checkpoints[step].first_row;
}

/* How much later each sample of a block is, or NULL. */
static const real *clocks_of(const Run *run, long block) { return run->clocks ? run->clocks + block * BLOCK : NULL; }

#endif
