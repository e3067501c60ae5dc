/* The network: what it is told by, and its weights packed for products, made once for each solve.

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

/* Where `gradient` is not zero, the network's one output is a potential, and the field `gradient` times its gradient.
`trace` is not zero when the state's last entry is the integral of trace * (the field's divergence). */
typedef struct {
    int64_t layers, activation, cubed;
    double trace, gradient;
    const LayerPlaces *places;
} NetworkPlaces;

/* A layer's weights: W as `forward` and its transpose as `backward`, both in tiles; parts that it lacks are NULL. */
typedef struct {
    long inputs, outputs;
    real *forward, *backward, *bias, *time, *gate, *gate_bias, *shift;
} Layer;

typedef struct {
    long layers, widest;
    int activation, cubed, entries; /* `entries` of the state go in, and the field has as many */
    int tangents, laplacian;        /* whose columns follow those of the samples: see Columns */
    int parts;                      /* 1 + tangents + laplacian: columns of each sample */
    real trace, gradient;
    Layer *layer;
    const LayerPlaces *places;
} Network;

static real *part_of(Pool *pool, const real *theta, int64_t place, int64_t row, long count) {
    if (place < 0)
        return NULL;
    real *part = take_reals(pool, count);
    for (long i = 0; part && i < count; i++)
        part[i] = theta[place + i * row];
    return part;
}

static void pack_layer(Pool *pool, Layer *layer, const LayerPlaces *at, const real *theta) {
    long inputs = layer->inputs = at->inputs, outputs = layer->outputs = at->outputs;
    layer->forward = take_reals(pool, inputs * outputs);
    layer->backward = take_reals(pool, inputs * outputs);
    layer->bias = part_of(pool, theta, at->bias, 1, outputs);
    layer->time = part_of(pool, theta, at->time, at->time_row, outputs);
    layer->gate = part_of(pool, theta, at->gate, 1, outputs);
    layer->gate_bias = part_of(pool, theta, at->gate_bias, 1, outputs);
    layer->shift = part_of(pool, theta, at->shift, 1, outputs);
    if (pool->exhausted)
        return;
    fill_tiles(outputs, inputs, theta + at->weight, at->row, 1, layer->forward);
    fill_tiles(inputs, outputs, theta + at->weight, 1, at->row, layer->backward);
}

static void pack_network(Pool *pool, Network *network, const NetworkPlaces *told, const real *theta) {
    long layers = network->layers = told->layers;
    LayerPlaces *places = take(pool, (size_t)layers * sizeof(LayerPlaces));
    network->layer = take(pool, (size_t)layers * sizeof(Layer));
    if (pool->exhausted)
        return;
    memcpy(places, told->places, (size_t)layers * sizeof(LayerPlaces));
    network->places = places;
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
        pack_layer(pool, network->layer + l, places + l, theta);
        if (places[l].outputs > network->widest)
            network->widest = places[l].outputs;
    }
}

/* Entries of a sample's state: the network's, and the integral of the trace where there is one. */
static long state_entries(const Network *network) { return network->entries + (network->trace != 0); }

#endif
