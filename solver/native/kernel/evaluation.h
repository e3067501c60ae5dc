/* One evaluation of the network on a block of samples, kept so that it can be pulled back. */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "network.h"

/* Of layer l, `inputs[l]` goes in, `linear[l]` is W x + b + t c, `sums[l]` is what bends, gated where there are gates.

Where nothing needs them apart, `linear[l]` and `sums[l]`, and `sums[l]` and `inputs[l + 1]`, are the same memory.
Each has all of `Columns`, the samples' own first; `gains[l]`, of a gated layer, has the samples alone.
`state` is what was evaluated at. */
typedef struct {
    real **inputs, **linear, **sums, **gains;
    real *state;
    const real *clocks;
    real t;
    long columns; /* of the samples alone */
} Tape;

/* Room for evaluations of `columns` samples. With `apart`, nothing is overwritten that a pullback needs. */
static void make_tape(Pool *pool, Tape *tape, const Network *network, long columns, int apart) {
    long layers = network->layers, all = columns * network->parts;
    tape->inputs = take(pool, (size_t)(layers + 1) * sizeof(real *));
    tape->linear = take(pool, (size_t)layers * sizeof(real *));
    tape->sums = take(pool, (size_t)layers * sizeof(real *));
    tape->gains = take(pool, (size_t)layers * sizeof(real *));
    tape->state = take_reals(pool, (network->entries + 1) * columns);
    if (pool->exhausted)
        return;
    int separate = network->tangents || (apart && !keeps_output(network->activation));
    tape->inputs[0] = take_reals(pool, network->entries * all);
    for (long l = 0; l < layers; l++) {
        long size = network->layer[l].outputs * all;
        tape->inputs[l + 1] = take_reals(pool, size);
        tape->sums[l] = separate ? take_reals(pool, size) : tape->inputs[l + 1];
        int gated = network->layer[l].gate != NULL;
        tape->linear[l] = gated && apart ? take_reals(pool, size) : tape->sums[l];
        tape->gains[l] = gated ? take_reals(pool, network->layer[l].outputs * columns) : NULL;
    }
}

/* The first layer's inputs: the state, cubed where asked, and its derivative along each entry. */
static void enter(const Network *network, Tape *tape, const real *state) {
    long columns = tape->columns, all = columns * network->parts, tangents = network->tangents;
    for (long i = 0; i < network->entries; i++)
        for (long at = 0; at < columns; at += LANES) {
            vec y = load(state + i * columns + at), square = y * y;
            real *to = tape->inputs[0] + i * all + at;
            store(tape->state + i * columns + at, y);
            store(to, network->cubed ? square * y : y);
            for (long k = 0; k < tangents; k++) {
                vec own = network->cubed ? square * (real)3 : splat(1);
                store(to + (k + 1) * columns, k == i ? own : (vec){0});
            }
            if (network->laplacian)
                store(to + (tangents + 1) * columns, network->cubed ? y * (real)6 : (vec){0});
        }
}

/* The times of the samples from column `at` on. */
INLINE vec times_at(const Tape *tape, long at) {
    return tape->clocks ? load(tape->clocks + at) + tape->t : splat(tape->t);
}

/* linear[l] = W x + b + t c. */
static void add_up(const Network *network, Tape *tape, long l) {
    const Layer *layer = network->layer + l;
    long columns = tape->columns, all = columns * network->parts;
    real *out = tape->linear[l];
    const real *x = tape->inputs[l];
    product(layer->outputs, layer->inputs, layer->forward, x, out, all, columns, layer->bias);
    if (all > columns)
        product(layer->outputs, layer->inputs, layer->forward, x + columns, out + columns, all, all - columns, NULL);
    if (!layer->time)
        return;
    for (long o = 0; o < layer->outputs; o++)
        for (long at = 0; at < columns; at += LANES) {
            real *place = out + o * all + at;
            store(place, load(place) + times_at(tape, at) * layer->time[o]);
        }
}

/* How far the gates of a layer are open, for all samples alike. */
static void open_gates(const Layer *layer, const Tape *tape, real *gains) {
    for (long first = 0; first < layer->outputs; first += LANES) {
        vec gain = sigmoid(load(layer->gate + first) * tape->t + load(layer->gate_bias + first));
        for (long o = first; o < layer->outputs && o < first + LANES; o++)
            for (long at = 0; at < tape->columns; at += LANES)
                store(gains + o * tape->columns + at, splat(gain[o - first]));
    }
}

/* The same for samples at times of their own. */
static void open_gates_each(const Layer *layer, const Tape *tape, real *gains) {
    for (long o = 0; o < layer->outputs; o++)
        for (long at = 0; at < tape->columns; at += LANES)
            store(gains + o * tape->columns + at, sigmoid(times_at(tape, at) * layer->gate[o] + layer->gate_bias[o]));
}

/* sums[l] = gain * linear[l] + t s, where the layer is gated. */
static void pass_gates(const Network *network, Tape *tape, long l) {
    const Layer *layer = network->layer + l;
    long columns = tape->columns, all = columns * network->parts;
    if (!layer->gate)
        return;
    (tape->clocks ? open_gates_each : open_gates)(layer, tape, tape->gains[l]);
    for (long o = 0; o < layer->outputs; o++)
        for (long at = 0; at < columns; at += LANES) {
            vec gain = load(tape->gains[l] + o * columns + at);
            for (long k = 0; k < network->parts; k++) {
                long place = o * all + k * columns + at;
                vec passed = load(tape->linear[l] + place) * gain;
                if (layer->shift && !k)
                    passed += times_at(tape, at) * layer->shift[o];
                store(tape->sums[l] + place, passed);
            }
        }
}

/* The potential's gradient along each entry, and the sum of its second derivatives where the trace is wanted. */
static void leave_uphill(const Network *network, const Tape *tape, real *slopes) {
    long columns = tape->columns, entries = network->entries;
    const real *tangents = tape->sums[network->layers - 1] + columns;
    for (long at = 0; at < entries * columns; at += LANES)
        store(slopes + at, load(tangents + at) * network->gradient);
    for (long at = entries * columns; network->laplacian && at < (entries + 1) * columns; at += LANES)
        store(slopes + at, load(tangents + at) * network->gradient * network->trace);
}

/* The velocity, and after it the trace where there is one, of the samples. */
static void leave(const Network *network, const Tape *tape, real *slopes) {
    long columns = tape->columns, all = columns * network->parts;
    const real *last = tape->sums[network->layers - 1];
    if (network->gradient != 0) {
        leave_uphill(network, tape, slopes);
        return;
    }
    for (long i = 0; i < network->entries; i++)
        memcpy(slopes + i * columns, last + i * all, (size_t)columns * sizeof(real));
    if (!network->tangents)
        return;
    for (long at = 0; at < columns; at += LANES) {
        vec trace = {0};
        for (long i = 0; i < network->entries; i++)
            trace += load(last + i * all + (i + 1) * columns + at);
        store(slopes + network->entries * columns + at, trace * network->trace);
    }
}

/* Those of layer l. */
INLINE Columns columns_of(const Network *network, const Tape *tape, long l) {
    return (Columns){network->layer[l].outputs, tape->columns, network->tangents, network->laplacian};
}

/* From `inputs[0]` through all layers to the last one's sums. */
static void pass_layers(const Network *network, Tape *tape) {
    for (long l = 0; l < network->layers; l++) {
        add_up(network, tape, l);
        pass_gates(network, tape, l);
        if (l + 1 < network->layers)
            bend(network->activation, columns_of(network, tape, l), tape->sums[l], tape->inputs[l + 1]);
    }
}

/* slopes = f(t, state), both (entries, columns); `clocks` (columns) is how much later each sample is, or NULL. */
static void evaluate(const Network *network, Tape *tape, double t, const real *clocks, const real *state,
                     real *slopes, long columns) {
    tape->t = (real)t;
    tape->clocks = clocks;
    tape->columns = columns;
    enter(network, tape, state);
    pass_layers(network, tape);
    leave(network, tape, slopes);
}

#endif
