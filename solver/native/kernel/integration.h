/* The loop: from the start through all output times, step by step. See solver/integrate.py, which this repeats in C. */
#ifndef INTEGRATION_H
#define INTEGRATION_H

#include "attempt.h"

#define EPSILON 2.220446049250313e-16
#define AT_STEP_END (64 * EPSILON)
#define SMALLEST_TIME 1e-60
#define WORK_BETWEEN_LOOKS 5e7 /* a few milliseconds */

/* One integration under way. `ys` is where the caller wants (times, batch, entries). */
typedef struct {
    Run *run;
    Stepper stepper;
    ErrorHistory errors;
    double t, stop, dt;
    real *ys;
} Integration;

static double smaller_of(double a, double b) { return b < a ? b : a; }

static real *row_of(const Integration *under_way, long row) {
    return under_way->ys + row * under_way->run->batch.rows * under_way->run->batch.entries;
}

/* The size of equal steps to the end, none larger than asked. */
static double equal_step(const Integration *under_way) {
    double span = under_way->stop - under_way->t;
    return span / ceil(fabs(span) / under_way->run->rules.dt * (1 - AT_STEP_END));
}

/* Sizes of the state and of its slope, in units of what is allowed. */
static void size_start(Integration *under_way, double *size, double *speed) {
    Run *run = under_way->run;
    const real *y = under_way->stepper.y, *slope = under_way->stepper.slopes[0];
    Size of_y = {0, 0, 0}, of_slope = {0, 0, 0};
    for (long block = 0; block < run->batch.blocks; block++) {
        long at = start_of(&run->batch, block);
        size_up(&of_y, &run->tolerance, &run->batch, block, y + at, y + at, y + at);
        size_up(&of_slope, &run->tolerance, &run->batch, block, slope + at, y + at, y + at);
    }
    *size = told(&of_y, &run->tolerance, &run->batch);
    *speed = told(&of_slope, &run->tolerance, &run->batch);
}

/* How much the slope changes over a first guess of a step, signed. */
static double change_over(Integration *under_way, double guess) {
    Run *run = under_way->run;
    Stepper *stepper = &under_way->stepper;
    Size change = {0, 0, 0};
    const real one = 1;
    set_moments(&stepper->moments, under_way->t, guess, &(double){1.0}, 0, 1);
    for (long block = 0; block < run->batch.blocks; block++) {
        long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
        real *y = stepper->y + start, *ahead = stepper->y1 + start, *slope = stepper->slopes[0] + start;
        combine(size, y, (real)guess, &one, &slope, 1, ahead);
        evaluate_block(run, stepper, block, 0, ahead, stepper->scratch);
        for (long at = 0; at < size; at += LANES)
            store(ahead + at, load(stepper->scratch + at) - load(slope + at));
        size_up(&change, &run->tolerance, &run->batch, block, ahead, y, y);
    }
    run->evaluations++;
    return told(&change, &run->tolerance, &run->batch);
}

/* A first step size of the order that the tolerance allows. Source: Hairer, Nørsett, Wanner I, II.4. */
static double first_step(Integration *under_way, double direction) {
    double size, speed;
    size_start(under_way, &size, &speed);
    double guess = smaller_of(size, speed) < 1e-5 ? 1e-6 : 0.01 * size / speed;
    guess = smaller_of(guess, fabs(under_way->stop - under_way->t));
    if (!(guess > 0.0))
        return 0.0;
    double change = change_over(under_way, direction * guess);
    if (!isfinite(change))
        return guess * 1e-3;
    double fastest = change / guess > speed ? change / guess : speed;
    if (!(fastest > 1e-15))
        return fmax(1e-6, guess * 1e-3);
    double most = under_way->run->rules.first_error;
    return smaller_of(100 * guess, pow(most / fastest, 1.0 / (under_way->run->method.error_order + 1)));
}

/* Choose the first step size. A start that is not finite ends the solve. */
static int begin(Integration *under_way) {
    Run *run = under_way->run;
    Stepper *stepper = &under_way->stepper;
    double poison = 0.0;
    evaluate_first(run, stepper, under_way->t);
    for (long block = 0; block < run->batch.blocks; block++) {
        long start = start_of(&run->batch, block), size = columns_in(&run->batch, block) * run->batch.entries;
        poison += not_finite(stepper->slopes[0] + start, size) + not_finite(stepper->y + start, size);
    }
    if (isnan(poison))
        return NON_FINITE;
    const Rules *rules = &run->rules;
    if (!rules->adaptive) {
        under_way->dt = equal_step(under_way);
        return SUCCESS;
    }
    double direction = copysign(1.0, under_way->stop - under_way->t);
    double dt = rules->dt > 0.0 ? rules->dt : first_step(under_way, direction);
    under_way->dt = direction * fmin(fmax(dt, rules->min_step), rules->max_step);
    return SUCCESS;
}

/* The size of the next attempt: never beyond the end, and with no sliver left before it. */
static double next_dt(const Integration *under_way) {
    double remaining = under_way->stop - under_way->t;
    if (!under_way->run->rules.adaptive)
        return remaining / fmax(1.0, rint(remaining / under_way->dt));
    return fabs(under_way->dt) * 1.01 >= fabs(remaining) ? remaining : under_way->dt;
}

/* Where in the step to t1 the next output times fall; how many. */
static long find_outputs(Integration *under_way, double t1, double dt) {
    Run *run = under_way->run;
    double t = under_way->t, slack = AT_STEP_END * fmax(fabs(t), fabs(t1)), sign = copysign(1.0, dt);
    long row = run->row;
    for (; row < run->rows; row++) {
        double ahead = (run->times[row] - t1) * sign;
        if (ahead > slack)
            break;
        run->thetas[row] = ahead >= -slack ? 1.0 : (run->times[row] - t) / dt;
    }
    return row - run->row;
}

/* Save the states at the output times in the step. */
static void save(Integration *under_way, long outputs, double dt) {
    Run *run = under_way->run;
    for (long row = run->row; row < run->row + outputs; row++)
        if (run->thetas[row] == 1.0)
            unpack(&run->batch, under_way->stepper.y1, row_of(under_way, row));
        else
            save_inside(run, &under_way->stepper, under_way->t, dt, run->thetas[row], row_of(under_way, row));
}

/* Move y1 to y, keeping y where the adjoint starts steps from; 0 when there is no memory for it. */
static int advance_state(Run *run, Stepper *stepper, double t, double dt, long first_row) {
    real *left = stepper->y;
    stepper->y = stepper->y1;
    stepper->y1 = left;
    if (!run->keep)
        return 1;
    if (!grow((void **)&run->checkpoints, run->kept, &run->checkpoint_room, sizeof(Checkpoint)))
        return 0;
    run->checkpoints[run->kept++] = (Checkpoint){t, dt, left, first_row};
    stepper->y1 = take_reals(&run->pool, size_of(&run->batch));
    return stepper->y1 != NULL;
}

/* Move to the step's end, saving the states at the output times on the way. */
static int accept(Integration *under_way, double dt, Decision decision, double ratio) {
    Run *run = under_way->run;
    double t = under_way->t;
    int arrived = dt == under_way->stop - t;
    double t1 = arrived ? under_way->stop : t + dt;
    long outputs = find_outputs(under_way, t1, dt), first_row = run->row;
    save(under_way, outputs, dt);
    run->row += outputs;
    move_on(&run->method, &under_way->stepper);
    under_way->errors = (ErrorHistory){ratio, ratio, under_way->errors.previous, 0};
    under_way->dt = arrived ? copysign(fmax(fabs(decision.dt_next), fabs(under_way->dt)), dt) : decision.dt_next;
    under_way->t = t1;
    return advance_state(run, &under_way->stepper, t, dt, first_row) ? SUCCESS : OUT_OF_MEMORY;
}

/* Try again with a smaller step, where there is one. */
static int reject(Integration *under_way, double dt, Decision decision, double ratio) {
    if (fabs(decision.dt_next) >= fabs(dt))
        return NON_FINITE;
    under_way->errors.ratio = ratio;
    under_way->errors.rejected = 1;
    under_way->dt = decision.dt_next;
    return SUCCESS;
}

/* Attempt one step, and accept it or not. */
static int advance(Integration *under_way) {
    Run *run = under_way->run;
    if (run->attempted >= run->rules.max_steps)
        return MAX_STEPS;
    double t = under_way->t, dt = next_dt(under_way);
    if (fabs(dt) <= 4 * EPSILON * fmax(fabs(t), SMALLEST_TIME) && dt != under_way->stop - t)
        return isnan(under_way->errors.ratio) ? NON_FINITE : STEP_UNDERFLOW;
    if (!grow((void **)&run->attempts, run->attempted, &run->attempt_room, sizeof(Attempt)))
        return OUT_OF_MEMORY;
    double ratio = attempt(run, &under_way->stepper, t, dt);
    ErrorHistory errors = under_way->errors;
    errors.ratio = ratio;
    Decision decision = decide(&run->rules, dt, &errors, run->method.error_order);
    run->attempts[run->attempted++] = (Attempt){t, dt, run->method.estimates ? ratio : NAN, decision.accept};
    return decision.accept ? accept(under_way, dt, decision, ratio) : reject(under_way, dt, decision, ratio);
}

/* Multiplications in one evaluation, a bend counted as some. */
static double work_of(const Run *run) {
    double each = 0;
    for (long l = 0; l < run->network.layers; l++)
        each += (double)run->network.layer[l].outputs * (double)(run->network.layer[l].inputs + 8);
    return each * (double)(run->batch.rows * run->network.parts);
}

/* Let the caller look up, if it wants to and much has been done since it last did. */
static int attend(Run *run, double work_each) {
    if (!run->look_up || (double)(run->evaluations - run->looked_at) * work_each < WORK_BETWEEN_LOOKS)
        return SUCCESS;
    run->looked_at = run->evaluations;
    return run->look_up() ? ABANDONED : SUCCESS;
}

/* Steps beyond the last saved state have no say in a gradient: they are dropped, and the end is where they start. */
static void drop_idle_steps(Run *run) {
    while (run->kept && run->checkpoints[run->kept - 1].first_row >= run->row) {
        const Checkpoint *idle = run->checkpoints + --run->kept;
        run->end = idle->y;
        run->end_t = idle->t;
    }
}

/* Integrate from y0 (batch, entries), saving into `ys`; rows that are not reached are left as they are. */
static void integrate(Run *run, const real *y0, real *ys) {
    Pool workspace = {.passing = 1};
    Integration under_way = {run, .errors = {NAN, 1.0, 1.0, 0}, .t = run->times[0], .ys = ys};
    Stepper *stepper = &under_way.stepper;
    under_way.stop = run->times[run->rows - 1];
    make_stepper(run, &workspace, stepper);
    stepper->y = take_reals(&run->pool, size_of(&run->batch));
    stepper->y1 = take_reals(&run->pool, size_of(&run->batch));
    run->status = workspace.exhausted || run->pool.exhausted ? OUT_OF_MEMORY : SUCCESS;
    if (run->status == SUCCESS) {
        pack(&run->batch, y0, stepper->y);
        for (; run->row < run->rows && run->times[run->row] == run->times[0]; run->row++)
            unpack(&run->batch, stepper->y, row_of(&under_way, run->row));
        run->at_start = run->row;
        if (run->row < run->rows)
            run->status = begin(&under_way);
    }
    double work_each = work_of(run);
    while (run->status == SUCCESS && run->row < run->rows) {
        int status = advance(&under_way);
        run->status = status == SUCCESS ? attend(run, work_each) : status;
    }
    run->end = stepper->y;
    run->end_t = under_way.t;
    drop_idle_steps(run);
    give_back(&workspace);
}

#endif
