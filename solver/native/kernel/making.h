/* Weights that are made from time: for several times at once, and their cotangents pulled back to the flat weights. */
#ifndef MAKING_H
#define MAKING_H

#include "pullback.h"

/* What was made for `count` times: `made` numbers for each, one time after the other, and what their pullback needs.

Of a network, the times are the columns of one evaluation, `gates` are sigmoid(G), and `outwards` are V sigmoid(G) /
width, both (width * entries, columns). */
typedef struct {
    const Making *making;
    int count;
    double times[MOST_STAGES];
    real *numbers, *gates, *outwards;
    double *due; /* the cotangents of `numbers` */
    Tape tape;
    WeightSums sums;
} Maker;

/* Room for so many times; `wanted` tells whether they are pulled back. */
static void make_maker(Pool *pool, Maker *maker, const Making *making, int count, int wanted) {
    maker->making = making;
    if (!making)
        return;
    long columns = padded(count);
    maker->numbers = take_reals(pool, count * making->made);
    maker->due = take_zeros(pool, wanted ? (size_t)(count * making->made) * sizeof(double) : 0);
    if (making->kind != BY_A_NETWORK)
        return;
    maker->gates = take_reals(pool, making->width * making->entries * columns);
    maker->outwards = take_reals(pool, making->width * making->entries * columns);
    make_tape(pool, &maker->tape, &making->network, columns, wanted);
    if (wanted)
        make_sums(pool, &maker->sums, &making->network, columns, 1, 1);
}

static double wave(const Making *making, double t, long k) {
    const double pi = 3.14159265358979323846;
    return cos(pi * (double)k * t / making->span);
}

static void add_waves(const Making *making, double t, real *numbers) {
    const real *from = making->theta;
    memset(numbers, 0, (size_t)making->made * sizeof(real));
    for (long piece = 0; piece < making->pieces; piece++) {
        long size = making->sizes[piece];
        for (long k = 0; k < making->terms; k++, from += size) {
            real high = (real)wave(making, t, k);
            for (long i = 0; i < size; i++)
                numbers[i] += high * from[i];
        }
        numbers += size;
    }
}

static void pull_waves(const Making *making, double t, const double *due, double *totals) {
    for (long piece = 0; piece < making->pieces; piece++) {
        long size = making->sizes[piece];
        for (long k = 0; k < making->terms; k++, totals += size) {
            double high = wave(making, t, k);
            for (long i = 0; i < size; i++)
                totals[i] += high * due[i];
        }
        due += size;
    }
}

/* V sigmoid(G) / width, from the network's output. */
static void open_outwards(const Maker *maker, const real *out) {
    const Making *making = maker->making;
    long size = making->width * making->entries * maker->tape.columns;
    const real *values = out + size, *inside = out + 2 * size;
    for (long at = 0; at < size; at += LANES) {
        vec gate = sigmoid(load(inside + at));
        store(maker->gates + at, gate);
        store(maker->outwards + at, load(values + at) * gate / splat((real)making->width));
    }
}

/* Which row of the network's output, where W, V, G and b are below one another, a number that is made comes from. */
static long row_of_made(const Making *making, long i) {
    long block = making->width * making->entries, inside = i - block;
    if (i < block)
        return i;
    return i < 2 * block ? block + inside % making->width * making->entries + inside / making->width : i + block;
}

static void run_network(Maker *maker) {
    const Making *making = maker->making;
    Tape *tape = &maker->tape;
    long columns = tape->columns = padded(maker->count), block = making->width * making->entries;
    for (long at = 0; at < columns; at++)
        tape->inputs[0][at] = (real)maker->times[at < maker->count ? at : maker->count - 1];
    pass_layers(&making->network, tape);
    const real *out = tape->sums[making->network.layers - 1];
    open_outwards(maker, out);
    for (long i = 0; i < making->made; i++) {
        long row = row_of_made(making, i);
        const real *from = out + row * columns;
        if (i >= block && i < 2 * block)
            from = maker->outwards + (row - block) * columns;
        for (long each = 0; each < maker->count; each++)
            maker->numbers[each * making->made + i] = from[each];
    }
}

/* The cotangents of what was made as those of the network's output. */
static void enter_due(const Maker *maker, real *cotangent) {
    const Making *making = maker->making;
    long columns = maker->tape.columns, block = making->width * making->entries;
    const real *out = maker->tape.sums[making->network.layers - 1];
    memset(cotangent, 0, (size_t)((3 * block + making->width) * columns) * sizeof(real));
    for (long i = 0; i < making->made; i++) {
        real *to = cotangent + row_of_made(making, i) * columns;
        for (long each = 0; each < maker->count; each++)
            to[each] = (real)maker->due[each * making->made + i];
    }
    for (long at = 0; at < block * columns; at += LANES) {
        real *onto_value = cotangent + block * columns + at, *onto_gate = onto_value + block * columns;
        vec gate = load(maker->gates + at), due = load(onto_value) / splat((real)making->width);
        store(onto_gate, due * load(out + block * columns + at) * gate * ((real)1 - gate));
        store(onto_value, due * gate);
    }
}

static void pull_network(Maker *maker, double *totals) {
    const Network *network = &maker->making->network;
    enter_due(maker, maker->sums.cotangent);
    pull_layers(network, &maker->tape, &maker->sums);
    give_sums(network, &maker->sums, totals);
}

/* Make the numbers for `count` times. */
static void make_numbers(Maker *maker, const double *times, int count) {
    maker->count = count;
    memcpy(maker->times, times, (size_t)count * sizeof(double));
    if (maker->making->kind == BY_A_NETWORK)
        run_network(maker);
    else
        for (int each = 0; each < count; each++)
            add_waves(maker->making, times[each], maker->numbers + each * maker->making->made);
}

/* Pull the cotangents of what was made last, which are `due`, back onto the totals of the flat weights. */
static void pull_numbers(Maker *maker, double *totals) {
    const Making *making = maker->making;
    if (making->kind == BY_A_NETWORK)
        pull_network(maker, totals);
    else
        for (int each = 0; each < maker->count; each++)
            pull_waves(making, maker->times[each], maker->due + each * making->made, totals);
    memset(maker->due, 0, (size_t)(maker->count * making->made) * sizeof(double));
}

#endif
