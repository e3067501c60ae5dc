/* The network as it is at the times of a step's stages. */
#ifndef MOMENTS_H
#define MOMENTS_H

#include "making.h"

/* At `t[i]` it is `at[i]`: where weights are made from time, with layers of its own. */
typedef struct {
    double t[MOST_STAGES];
    Network at[MOST_STAGES];
    Maker maker;
} Moments;

/* Room for so many moments. `wanted` as for `make_maker`. */
static void make_moments(Pool *pool, Moments *moments, const Network *network, int count, int wanted) {
    make_maker(pool, &moments->maker, network->making, count, wanted);
    for (int each = 0; each < count; each++) {
        Network *own = moments->at + each;
        *own = *network;
        if (!network->making)
            continue;
        own->layer = take(pool, (size_t)network->layers * sizeof(Layer));
        for (long l = 0; l < network->layers && !pool->exhausted; l++) {
            own->layer[l] = network->layer[l];
            if (is_made(network, l))
                take_layer(pool, own->layer + l, network->places + l);
        }
    }
}

/* Turn to the times t + c[i] dt of the stages from `first` on, before `stop`. */
static void set_moments(Moments *moments, double t, double dt, const double *c, int first, int stop) {
    for (int each = first; each < stop; each++)
        moments->t[each] = t + c[each] * dt;
    if (!moments->maker.making || first >= stop)
        return;
    make_numbers(&moments->maker, moments->t + first, stop - first);
    for (int each = first; each < stop; each++) {
        Network *own = moments->at + each;
        for (long l = 0; l < own->layers; l++)
            if (is_made(own, l)) {
                LayerPlaces at = places_in_made(own, l);
                fill_layer(own->layer + l, &at, moments->maker.numbers + (each - first) * own->making->made);
            }
    }
}

/* Evaluate at a moment: see `evaluate`. */
static void evaluate_at(const Moments *moments, int moment, Tape *tape, const real *clocks, const real *state,
                        real *slopes, long columns) {
    evaluate(moments->at + moment, tape, moments->t[moment], clocks, state, slopes, columns);
}

/* Add what the first `count` moments have gathered for weights that are made from time to the totals. */
static void give_moments(Moments *moments, const WeightSums *sums, int count, double *totals) {
    Maker *maker = &moments->maker;
    if (!maker->making || !sums->wanted)
        return;
    for (int each = 0; each < count; each++)
        give_made(moments->at + each, sums, each, maker->due + each * maker->making->made);
    pull_numbers(maker, totals);
}

#endif
