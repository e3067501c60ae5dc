/* The network: what it is told by, and its weights packed for products.

A layer is z = W x + b + t c; where it is gated, that is multiplied by sigmoid(t g + e), and t s is added. */
#ifndef NETWORK_H
#define NETWORK_H

#include "activations.h"
#include "pool.h"
#include "products.h"

/* Where in the flat weights a layer's parts are; -1 where it has no such part. W's rows are `row` apart, the entries
of c `time_row`; those of b, gate, gate_bias and shift are next to each other. */
typedef struct {
    int64_t inputs, outputs, weight, row, bias, time, time_row, gate, gate_bias, shift;
} LayerPlaces;

enum MakingKind { NOTHING, SUMS_OF_COSINES, BY_A_NETWORK };

/* What is made from time, and from the flat weights, of which there are `known`. Layers whose places are beyond these
have their W and b in the `made` numbers that follow them.

Cosines: the flat weights are `pieces` of the sizes told, each of `terms` terms, and what is made of a piece is
sum_k (its k-th term) cos(pi k t / span). A network takes t to the layers' weights W (width, entries), V (width,
entries) and G of V's shape, and b (width); made are W, the transpose of V sigmoid(G) / width, and b. */
typedef struct NetworkPlaces NetworkPlaces;
typedef struct {
    int64_t kind, known, made, pieces, terms, width, entries;
    double span;
    const int64_t *sizes;
    const NetworkPlaces *network;
} MakingPlaces;

/* Where `gradient` is not zero, the network's one output is a potential, and the field `gradient` times its gradient.
`trace` is not zero when the state's last entry is the integral of trace * (the field's divergence). */
struct NetworkPlaces {
    int64_t layers, activation, cubed;
    double trace, gradient;
    const LayerPlaces *places;
    const MakingPlaces *making; /* or NULL */
};

/* A layer's weights: W as `forward` and its transpose as `backward`, both in tiles; parts that it lacks are NULL. */
typedef struct {
    long inputs, outputs;
    real *forward, *backward, *bias, *time, *gate, *gate_bias, *shift;
} Layer;

typedef struct Making Making;
typedef struct {
    long layers, widest;
    int activation, cubed, entries; /* `entries` of the state go in, and the field has as many */
    int tangents, laplacian;        /* whose columns follow those of the samples: see Columns */
    int parts;                      /* 1 + tangents + laplacian: columns of each sample */
    real trace, gradient;
    Layer *layer;
    const LayerPlaces *places;
    const Making *making; /* or NULL */
} Network;

/* See MakingPlaces. `theta` is a copy of the flat weights, for cosines. */
struct Making {
    int kind;
    long known, made, pieces, terms, width, entries;
    double span;
    int64_t *sizes;
    real *theta;
    Network network;
};

/* Whether a layer's weights are made from time. */
static int is_made(const Network *network, long l) {
    return network->making && network->places[l].weight >= network->making->known;
}

/* The places of such a layer, counted from the first number that is made. */
static LayerPlaces places_in_made(const Network *network, long l) {
    LayerPlaces places = network->places[l];
    places.weight -= network->making->known;
    places.bias -= places.bias < 0 ? 0 : network->making->known;
    return places;
}

static real *take_part(Pool *pool, int64_t place, long count) { return place < 0 ? NULL : take_reals(pool, count); }

static void take_layer(Pool *pool, Layer *layer, const LayerPlaces *at) {
    long inputs = layer->inputs = at->inputs, outputs = layer->outputs = at->outputs;
    layer->forward = take_reals(pool, inputs * outputs);
    layer->backward = take_reals(pool, inputs * outputs);
    layer->bias = take_part(pool, at->bias, outputs);
    layer->time = take_part(pool, at->time, outputs);
    layer->gate = take_part(pool, at->gate, outputs);
    layer->gate_bias = take_part(pool, at->gate_bias, outputs);
    layer->shift = take_part(pool, at->shift, outputs);
}

static void fill_part(real *part, const real *theta, int64_t place, int64_t row, long count) {
    for (long i = 0; part && i < count; i++)
        part[i] = theta[place + i * row];
}

static void fill_layer(Layer *layer, const LayerPlaces *at, const real *theta) {
    long inputs = layer->inputs, outputs = layer->outputs;
    fill_tiles(outputs, inputs, theta + at->weight, at->row, 1, layer->forward);
    fill_tiles(inputs, outputs, theta + at->weight, 1, at->row, layer->backward);
    fill_part(layer->bias, theta, at->bias, 1, outputs);
    fill_part(layer->time, theta, at->time, at->time_row, outputs);
    fill_part(layer->gate, theta, at->gate, 1, outputs);
    fill_part(layer->gate_bias, theta, at->gate_bias, 1, outputs);
    fill_part(layer->shift, theta, at->shift, 1, outputs);
}

static const Making *pack_making(Pool *pool, const MakingPlaces *told, const real *theta);

static void pack_network(Pool *pool, Network *network, const NetworkPlaces *told, const real *theta) {
    long layers = network->layers = told->layers;
    LayerPlaces *places = take(pool, (size_t)layers * sizeof(LayerPlaces));
    network->layer = take(pool, (size_t)layers * sizeof(Layer));
    if (pool->exhausted)
        return;
    memcpy(places, told->places, (size_t)layers * sizeof(LayerPlaces));
    network->places = places;
    network->making = pack_making(pool, told->making, theta);
    network->activation = (int)told->activation;
    network->cubed = (int)told->cubed;
    network->trace = (real)told->trace;
    network->gradient = (real)told->gradient;
    network->entries = (int)places[0].inputs;
    network->tangents = told->gradient != 0.0 || told->trace != 0.0 ? network->entries : 0;
    network->laplacian = told->gradient != 0.0 && told->trace != 0.0;
    network->parts = 1 + network->tangents + network->laplacian;
    network->widest = network->entries;
    for (long l = 0; l < layers && !pool->exhausted; l++) {
        take_layer(pool, network->layer + l, places + l);
        if (!pool->exhausted && !is_made(network, l))
            fill_layer(network->layer + l, places + l, theta);
        if (places[l].outputs > network->widest)
            network->widest = places[l].outputs;
    }
}

static const Making *pack_making(Pool *pool, const MakingPlaces *told, const real *theta) {
    Making *making = told ? take_zeros(pool, sizeof(Making)) : NULL;
    if (!making)
        return NULL;
    making->kind = (int)told->kind;
    making->known = told->known;
    making->made = told->made;
    making->pieces = told->pieces;
    making->terms = told->terms;
    making->width = told->width;
    making->entries = told->entries;
    making->span = told->span;
    if (told->kind == BY_A_NETWORK) {
        pack_network(pool, &making->network, told->network, theta);
        return making;
    }
    making->sizes = take(pool, (size_t)told->pieces * sizeof(int64_t));
    making->theta = take_reals(pool, told->known);
    if (!pool->exhausted) {
        memcpy(making->sizes, told->sizes, (size_t)told->pieces * sizeof(int64_t));
        memcpy(making->theta, theta, (size_t)told->known * sizeof(real));
    }
    return making;
}

/* Entries of a sample's state: the network's, and the integral of the trace where there is one. */
static long state_entries(const Network *network) { return network->entries + (network->trace != 0); }

#endif
