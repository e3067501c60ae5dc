/* Cotangents pulled back through one evaluation: to the state, and onto the sums for the weights. */
#ifndef PULLBACK_H
#define PULLBACK_H

#include "evaluation.h"
#include "method.h"

#define FEW 4
/* Of a weight matrix with so few rows or columns, each entry is summed in lanes; of others, in rows. */

/* What a layer's weights have gathered. `weight` is (outputs, inputs) vectors, or (outputs, padded(inputs)) numbers;
the others are vectors, one for each output. */
typedef struct {
    real *weight, *bias, *time, *gate, *gate_bias, *shift;
} LayerSums;

/* `at` has the layers' sums for each of several stages, which have those of the weights that are made from time for
themselves and share all others; `layer` are those that are gathered onto. */
typedef struct {
    LayerSums *layer, *at[MOST_STAGES];
    real *cotangent, *before, *transposed; /* of one layer's columns at a time */
    int wanted;                            /* whether the weights' cotangents are asked for */
    void *gathered;                        /* all that the layers' sums point into, of so many bytes */
    size_t bytes;
} WeightSums;

static int by_lanes(const Layer *layer) { return layer->inputs <= FEW || layer->outputs <= FEW; }

/* Numbers that a layer's sums take: those of its weights, and of each of its other parts. */
static long weight_numbers(const Layer *layer) {
    return layer->outputs * (by_lanes(layer) ? layer->inputs * LANES : padded(layer->inputs));
}

/* Lay a layer's sums out from `place` on; where they end. */
static real *lay_out_sums(const Layer *layer, LayerSums *own, real *place) {
    real **each[] = {&own->bias, &own->time, &own->gate, &own->gate_bias, &own->shift};
    const real *has[] = {layer->bias, layer->time, layer->gate, layer->gate_bias, layer->shift};
    own->weight = place;
    place += weight_numbers(layer);
    for (int part = 0; part < 5; part++) {
        *each[part] = has[part] ? place : NULL;
        place += has[part] ? layer->outputs * LANES : 0;
    }
    return place;
}

/* Numbers that all sums of `stages` stages take. */
static long numbers_of_sums(const Network *network, int stages) {
    long numbers = 0;
    for (long l = 0; l < network->layers; l++)
        numbers += (weight_numbers(network->layer + l) + 5 * network->layer[l].outputs * LANES) *
                   (is_made(network, l) ? stages : 1);
    return numbers;
}

/* For so many samples and stages. */
static void make_sums(Pool *pool, WeightSums *sums, const Network *network, long columns, int stages, int wanted) {
    long all = columns * network->parts;
    sums->wanted = wanted;
    sums->cotangent = take_reals(pool, network->widest * all);
    sums->before = take_reals(pool, network->widest * all);
    sums->transposed = take_reals(pool, padded(network->widest) * all);
    sums->bytes = sums->wanted ? (size_t)numbers_of_sums(network, stages) * sizeof(real) : 0;
    real *place = sums->gathered = take_zeros(pool, sums->bytes);
    for (int stage = 0; stage < stages; stage++)
        sums->at[stage] = take_zeros(pool, (size_t)network->layers * sizeof(LayerSums));
    sums->layer = sums->at[0];
    for (int stage = 0; sums->wanted && stage < stages && !pool->exhausted; stage++)
        for (long l = 0; l < network->layers; l++)
            if (stage == 0 || is_made(network, l))
                place = lay_out_sums(network->layer + l, sums->at[stage] + l, place);
            else
                sums->at[stage][l] = sums->at[0][l];
}

INLINE void add_to(real *sums, long place, vec x) { store(sums + place * LANES, load(sums + place * LANES) + x); }

/* Through the gates: the cotangent of sums[l] becomes that of linear[l]. */
static void pull_gates(const Network *network, const Tape *tape, WeightSums *sums, long l) {
    const Layer *layer = network->layer + l;
    LayerSums *own = sums->layer + l;
    long columns = tape->columns, all = columns * network->parts;
    if (!layer->gate)
        return;
    for (long o = 0; o < layer->outputs; o++)
        for (long at = 0; at < columns; at += LANES) {
            real *cotangent = sums->cotangent + o * all + at, *linear = tape->linear[l] + o * all + at;
            vec gain = load(tape->gains[l] + o * columns + at), t = times_at(tape, at);
            vec onto_shift = load(cotangent), onto_gain = {0};
            for (long k = 0; k < network->parts; k++) {
                vec due = load(cotangent + k * columns);
                onto_gain += due * load(linear + k * columns);
                store(cotangent + k * columns, due * gain);
            }
            if (!sums->wanted)
                continue;
            onto_gain *= gain * ((real)1 - gain);
            add_to(own->gate, o, onto_gain * t);
            add_to(own->gate_bias, o, onto_gain);
            if (own->shift)
                add_to(own->shift, o, onto_shift * t);
        }
}

/* What the layer's own weights gather from the cotangent of linear[l]. */
static void gather(const Network *network, const Tape *tape, WeightSums *sums, long l) {
    const Layer *layer = network->layer + l;
    LayerSums *own = sums->layer + l;
    long columns = tape->columns, all = columns * network->parts;
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
                add_to(own->time, o, due * times_at(tape, at));
        }
}

/* See `leave_uphill`: nothing asks for the potential itself. */
static void enter_uphill(const Network *network, const Tape *tape, const real *due, real *cotangent) {
    long columns = tape->columns, entries = network->entries;
    memset(cotangent, 0, (size_t)columns * sizeof(real));
    for (long at = 0; at < entries * columns; at += LANES)
        store(cotangent + columns + at, load(due + at) * network->gradient);
    for (long at = entries * columns; network->laplacian && at < (entries + 1) * columns; at += LANES)
        store(cotangent + columns + at, load(due + at) * network->gradient * network->trace);
}

/* The cotangents of velocity and trace as those of the last layer's columns. */
static void enter_cotangent(const Network *network, const Tape *tape, const real *due, real *cotangent) {
    long columns = tape->columns, all = columns * network->parts, entries = network->entries;
    if (network->gradient != 0) {
        enter_uphill(network, tape, due, cotangent);
        return;
    }
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
    long columns = tape->columns, all = columns * network->parts;
    for (long i = 0; i < network->entries; i++)
        for (long at = 0; at < columns; at += LANES) {
            vec in_y = load(cotangent + i * all + at), y = load(tape->state + i * columns + at);
            if (network->cubed) {
                in_y *= y * y * (real)3;
                if (network->tangents)
                    in_y += y * (real)6 * load(cotangent + i * all + (i + 1) * columns + at);
                if (network->laplacian)
                    in_y += (real)6 * load(cotangent + i * all + (network->tangents + 1) * columns + at);
            }
            store(in_state + i * columns + at, in_y);
        }
    if (network->trace != 0)
        memset(in_state + network->entries * columns, 0, (size_t)columns * sizeof(real));
}

/* From the cotangent of the last layer's sums to that of `inputs[0]`. */
static void pull_layers(const Network *network, const Tape *tape, WeightSums *sums) {
    long all = tape->columns * network->parts;
    for (long l = network->layers - 1; l >= 0; l--) {
        const Layer *layer = network->layer + l;
        if (l + 1 < network->layers)
            unbend(network->activation, columns_of(network, tape, l), tape->sums[l], tape->inputs[l + 1],
                   sums->cotangent);
        pull_gates(network, tape, sums, l);
        gather(network, tape, sums, l);
        product(layer->inputs, layer->outputs, layer->backward, sums->cotangent, sums->before, all, all, NULL);
        real *done = sums->cotangent;
        sums->cotangent = sums->before;
        sums->before = done;
    }
}

/* Pull `due` (entries, columns), the cotangent of the slopes, back to that of the state. */
static void pull_back(const Network *network, const Tape *tape, WeightSums *sums, const real *due, real *in_state) {
    enter_cotangent(network, tape, due, sums->cotangent);
    pull_layers(network, tape, sums);
    leave_cotangent(network, tape, sums->cotangent, in_state);
}

static void give_vectors(const real *sums, long count, int64_t place, int64_t row, double *totals) {
    for (long o = 0; sums && o < count; o++)
        totals[place + o * row] += sum_of_lanes(load(sums + o * LANES));
}

static void give_weights(const Layer *layer, const LayerPlaces *at, const real *sums, double *totals) {
    for (long o = 0; o < layer->outputs; o++) {
        double *row = totals + at->weight + o * at->row;
        if (!by_lanes(layer))
            give_row(layer->outputs, layer->inputs, sums, o, row);
        for (long i = 0; by_lanes(layer) && i < layer->inputs; i++)
            row[i] += sum_of_lanes(load(sums + (o * layer->inputs + i) * LANES));
    }
}

static void give_layer(const Layer *layer, const LayerPlaces *at, const LayerSums *own, double *totals) {
    give_weights(layer, at, own->weight, totals);
    give_vectors(own->bias, layer->outputs, at->bias, 1, totals);
    give_vectors(own->time, layer->outputs, at->time, at->time_row, totals);
    give_vectors(own->gate, layer->outputs, at->gate, 1, totals);
    give_vectors(own->gate_bias, layer->outputs, at->gate_bias, 1, totals);
    give_vectors(own->shift, layer->outputs, at->shift, 1, totals);
}

/* What a stage has gathered for the weights that are made from time, added to `made`. */
static void give_made(const Network *network, const WeightSums *sums, int stage, double *made) {
    for (long l = 0; l < network->layers; l++)
        if (is_made(network, l)) {
            LayerPlaces at = places_in_made(network, l);
            give_layer(network->layer + l, &at, sums->at[stage] + l, made);
        }
}

/* Add what the other weights have gathered to the totals, at the weights' places, and start anew, stages too.

Done for each block, or step, so that no sum in single precision is a long one. */
static void give_sums(const Network *network, WeightSums *sums, double *totals) {
    for (long l = 0; sums->wanted && l < network->layers; l++)
        if (!is_made(network, l))
            give_layer(network->layer + l, network->places + l, sums->at[0] + l, totals);
    memset(sums->gathered, 0, sums->bytes);
}

#endif
