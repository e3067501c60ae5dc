/* Cotangents pulled back through one evaluation: to the state, and onto the sums for the weights. */
#ifndef PULLBACK_H
#define PULLBACK_H

#include "evaluation.h"

#define FEW 4
/* Of a weight matrix with so few rows or columns, each entry is summed in lanes; of others, in rows. */

/* What a layer's weights have gathered. `weight` is (outputs, inputs) vectors, or (outputs, padded(inputs)) numbers;
the others are vectors, one for each output. */
typedef struct {
    real *weight, *bias, *time, *gate, *gate_bias, *shift;
} LayerSums;

typedef struct {
    LayerSums *layer;
    real *cotangent, *before, *transposed; /* of one layer's columns at a time */
    int wanted;                            /* whether the weights' cotangents are asked for */
} WeightSums;

static int by_lanes(const Layer *layer) { return layer->inputs <= FEW || layer->outputs <= FEW; }

static void make_sums(Pool *pool, WeightSums *sums, const Network *network, long columns, int wanted) {
    long all = columns * (1 + network->tangents);
    sums->wanted = wanted;
    sums->layer = take_zeros(pool, (size_t)network->layers * sizeof(LayerSums));
    sums->cotangent = take_reals(pool, network->widest * all);
    sums->before = take_reals(pool, network->widest * all);
    sums->transposed = take_reals(pool, padded(network->widest) * all);
    for (long l = 0; wanted && l < network->layers && !pool->exhausted; l++) {
        const Layer *layer = network->layer + l;
        LayerSums *own = sums->layer + l;
        long outputs = layer->outputs;
        long row = by_lanes(layer) ? layer->inputs * LANES : padded(layer->inputs);
        own->weight = take_zeros(pool, (size_t)(outputs * row) * sizeof(real));
        real **each[] = {&own->bias, &own->time, &own->gate, &own->gate_bias, &own->shift};
        const real *has[] = {layer->bias, layer->time, layer->gate, layer->gate_bias, layer->shift};
        for (int part = 0; part < 5; part++)
            *each[part] = has[part] ? take_zeros(pool, (size_t)(outputs * LANES) * sizeof(real)) : NULL;
    }
}

INLINE void add_to(real *sums, long place, vec x) { store(sums + place * LANES, load(sums + place * LANES) + x); }

/* Through the gates: the cotangent of sums[l] becomes that of linear[l]. */
static void pull_gates(const Network *network, const Tape *tape, WeightSums *sums, long l) {
    const Layer *layer = network->layer + l;
    LayerSums *own = sums->layer + l;
    long columns = tape->columns, all = columns * (1 + network->tangents);
    if (!layer->gate)
        return;
    for (long o = 0; o < layer->outputs; o++) {
        real gain = tape->gains[l][o], *cotangent = sums->cotangent + o * all;
        vec onto_gain = {0}, onto_shift = {0};
        for (long at = 0; at < all; at += LANES) {
            vec due = load(cotangent + at);
            onto_gain += due * load(tape->linear[l] + o * all + at);
            if (at < columns)
                onto_shift += due;
            store(cotangent + at, due * gain);
        }
        if (!sums->wanted)
            continue;
        onto_gain *= gain * (1 - gain);
        add_to(own->gate, o, onto_gain * tape->t);
        if (own->gate_bias)
            add_to(own->gate_bias, o, onto_gain);
        if (own->shift)
            add_to(own->shift, o, onto_shift * tape->t);
    }
}

/* What the layer's own weights gather from the cotangent of linear[l]. */
static void gather(const Network *network, const Tape *tape, WeightSums *sums, long l) {
    const Layer *layer = network->layer + l;
    LayerSums *own = sums->layer + l;
    long columns = tape->columns, all = columns * (1 + network->tangents);
    const real *cotangent = sums->cotangent;
    if (!sums->wanted)
        return;
    if (by_lanes(layer)) {
        add_outer_by_lanes(layer->outputs, layer->inputs, cotangent, tape->inputs[l], all, own->weight);
    } else {
        transpose(layer->inputs, all, tape->inputs[l], sums->transposed);
        add_outer(layer->outputs, layer->inputs, cotangent, sums->transposed, all, own->weight);
    }
    for (long o = 0; o < layer->outputs; o++)
        for (long at = 0; at < columns; at += LANES) {
            vec due = load(cotangent + o * all + at);
            if (own->bias)
                add_to(own->bias, o, due);
            if (own->time)
                add_to(own->time, o, due * (tape->clocks ? load(tape->clocks + at) + tape->t : splat(tape->t)));
        }
}

/* The cotangents of velocity and trace as those of the last layer's columns. */
static void enter_cotangent(const Network *network, const Tape *tape, const real *due, real *cotangent) {
    long columns = tape->columns, all = columns * (1 + network->tangents), entries = network->entries;
    for (long i = 0; i < entries; i++)
        for (long at = 0; at < columns; at += LANES) {
            store(cotangent + i * all + at, load(due + i * columns + at));
            for (long k = 0; k < network->tangents; k++) {
                vec onto_trace = load(due + entries * columns + at) * network->trace;
                store(cotangent + i * all + (k + 1) * columns + at, k == i ? onto_trace : (vec){0});
            }
        }
}

/* The cotangents of the first layer's inputs as that of the state. */
static void leave_cotangent(const Network *network, const Tape *tape, const real *cotangent, real *in_state) {
    long columns = tape->columns, all = columns * (1 + network->tangents);
    for (long i = 0; i < network->entries; i++)
        for (long at = 0; at < columns; at += LANES) {
            vec in_y = load(cotangent + i * all + at), y = load(tape->state + i * columns + at);
            if (network->cubed) {
                in_y *= y * y * (real)3;
                if (network->tangents)
                    in_y += y * (real)6 * load(cotangent + i * all + (i + 1) * columns + at);
            }
            store(in_state + i * columns + at, in_y);
        }
    if (network->tangents)
        memset(in_state + network->entries * columns, 0, (size_t)columns * sizeof(real));
}

/* Pull `due` (entries, columns), the cotangent of the slopes, back to that of the state. */
static void pull_back(const Network *network, const Tape *tape, WeightSums *sums, const real *due, real *in_state) {
    long columns = tape->columns, all = columns * (1 + network->tangents);
    enter_cotangent(network, tape, due, sums->cotangent);
    for (long l = network->layers - 1; l >= 0; l--) {
        const Layer *layer = network->layer + l;
        if (l + 1 < network->layers)
            unbend(network->activation, (Columns){layer->outputs, columns, network->tangents}, tape->sums[l],
                   tape->inputs[l + 1], sums->cotangent);
        pull_gates(network, tape, sums, l);
        gather(network, tape, sums, l);
        product(layer->inputs, layer->outputs, layer->backward, sums->cotangent, sums->before, all, all, NULL);
        real *done = sums->cotangent;
        sums->cotangent = sums->before;
        sums->before = done;
    }
    leave_cotangent(network, tape, sums->cotangent, in_state);
}

static void give_vectors(const real *sums, long count, int64_t place, int64_t row, real *theta) {
    for (long o = 0; sums && o < count; o++)
        theta[place + o * row] += (real)sum_of_lanes(load(sums + o * LANES));
}

/* Add what the weights have gathered to their places in the flat gradient. */
static void give_sums(const Network *network, const WeightSums *sums, real *theta) {
    for (long l = 0; l < network->layers; l++) {
        const Layer *layer = network->layer + l;
        const LayerSums *own = sums->layer + l;
        const LayerPlaces *at = network->places + l;
        for (long o = 0; o < layer->outputs; o++)
            for (long i = 0; i < layer->inputs; i++)
                theta[at->weight + o * at->row + i] +=
                    by_lanes(layer) ? (real)sum_of_lanes(load(own->weight + (o * layer->inputs + i) * LANES))
                                    : own->weight[o * padded(layer->inputs) + i];
        give_vectors(own->bias, layer->outputs, at->bias, 1, theta);
        give_vectors(own->time, layer->outputs, at->time, at->time_row, theta);
        give_vectors(own->gate, layer->outputs, at->gate, 1, theta);
        give_vectors(own->gate_bias, layer->outputs, at->gate_bias, 1, theta);
        give_vectors(own->shift, layer->outputs, at->shift, 1, theta);
    }
}

#endif
