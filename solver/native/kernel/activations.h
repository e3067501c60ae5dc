/* How a layer bends: h = a(z), its slope a'(z), curvature a''(z) and third derivative, for whole arrays. */
#ifndef ACTIVATIONS_H
#define ACTIVATIONS_H

#include "elementary.h"

enum Activation { TANH, SOFTPLUS, ELU, SILU, RELU, SINE, GELU };

/* Whether slope and curvature follow from the output alone, so that z need not be kept. */
static int keeps_output(int activation) { return activation < SILU || activation == RELU; }

#define GELU_SCALE ((real)0.797884560802865355880) /* sqrt(2 / pi) */
#define GELU_CUBE ((real)0.044715)

/* GELU in its tanh form is z (1 + tanh u) / 2, with u = scale (z + cube z^3). Hendrycks and Gimpel, 2016. */
INLINE vec gelu_tanh(vec z) { return vtanh(GELU_SCALE * z * ((real)1 + GELU_CUBE * z * z)); }

INLINE vec gelu_steep(vec z) { return GELU_SCALE * ((real)1 + (real)3 * GELU_CUBE * z * z); }

INLINE vec bent(int activation, vec z) {
    const vec zero = {0};
    switch (activation) {
    case TANH:
        return vtanh(z);
    case SOFTPLUS:
        return choose(z < zero, zero, z) + log_one_more(vexp(-absolute(z)));
    case ELU:
        return choose(z > zero, z, exp_less_one(z));
    case SILU:
        return z * sigmoid(z);
    case RELU:
        return choose(z < zero, zero, z);
    case GELU:
        return (real)0.5 * z * ((real)1 + gelu_tanh(z));
    default:
        return vsin(z);
    }
}

INLINE vec slope(int activation, vec z, vec h) {
    const vec zero = {0}, one = splat(1);
    switch (activation) {
    case TANH:
        return one - h * h;
    case SOFTPLUS:
        return -exp_less_one(-h);
    case ELU:
        return choose(h > zero, one, h + one);
    case SILU: {
        vec s = sigmoid(z);
        return s + s * (one - s) * z;
    }
    case RELU:
        return choose(h > zero, one, zero);
    case GELU: {
        vec bent = gelu_tanh(z);
        return (real)0.5 * (one + bent + z * (one - bent * bent) * gelu_steep(z));
    }
    default:
        return vcos(z);
    }
}

INLINE vec curvature(int activation, vec z, vec h) {
    const vec zero = {0}, one = splat(1);
    switch (activation) {
    case TANH:
        return (h * h - one) * (h + h);
    case SOFTPLUS: {
        vec s = -exp_less_one(-h);
        return s * (one - s);
    }
    case ELU:
        return choose(h > zero, zero, h + one);
    case SILU: {
        vec s = sigmoid(z), bend = s * (one - s);
        return bend * ((one + one) + z * (one - (s + s)));
    }
    case RELU:
        return zero;
    case GELU: {
        vec bent = gelu_tanh(z), steep = gelu_steep(z), steeper = (real)6 * GELU_SCALE * GELU_CUBE * z;
        return (one - bent * bent) * (steep + (real)0.5 * z * (steeper - (real)2 * bent * steep * steep));
    }
    default:
        return -h;
    }
}

INLINE vec third_derivative(int activation, vec z, vec h) {
    const vec zero = {0}, one = splat(1);
    switch (activation) {
    case TANH:
        return (one - h * h) * (h * h * (real)6 - (real)2);
    case SOFTPLUS: {
        vec s = -exp_less_one(-h);
        return s * (one - s) * (one - (s + s));
    }
    case ELU:
        return choose(h > zero, zero, h + one);
    case SILU: {
        vec s = sigmoid(z), bend = s * (one - s);
        return bend * ((real)3 * (one - (s + s)) + z * (one - (real)6 * bend));
    }
    case RELU:
        return zero;
    case GELU: { /* of z (1 + tanh u) / 2: half of 3 times tanh u's second derivative, and z times its third */
        const real steepest = (real)6 * GELU_SCALE * GELU_CUBE;
        vec bent = gelu_tanh(z), steep = gelu_steep(z), steeper = steepest * z, cube = steep * steep * steep;
        vec second = steeper - (real)2 * bent * steep * steep;
        vec third = steepest - (real)6 * bent * steep * steeper + cube * ((real)6 * bent * bent - (real)2);
        return (real)0.5 * (one - bent * bent) * ((real)3 * second + z * third);
    }
    default:
        return -vcos(z);
    }
}

/* Each activation gets loops of its own, made by the compiler from one: the choice is outside of them. */
#define FOR_EACH_ACTIVATION(chosen, LOOP)                                                                              \
    switch (chosen) {                                                                                                  \
    case TANH: LOOP(TANH); break;                                                                                      \
    case SOFTPLUS: LOOP(SOFTPLUS); break;                                                                              \
    case ELU: LOOP(ELU); break;                                                                                        \
    case SILU: LOOP(SILU); break;                                                                                      \
    case GELU: LOOP(GELU); break;                                                                                      \
    case RELU: LOOP(RELU); break;                                                                                      \
    default: LOOP(SINE); break;                                                                                        \
    }

/* The columns of a layer: `values` first, then those of each tangent, as many, and, where `laplacian` is 1 and not 0,
those of the sum of the second derivatives along all tangents. */
typedef struct {
    long rows, values, tangents, laplacian;
} Columns;

INLINE long all_columns(Columns c) { return c.values * (1 + c.tangents + c.laplacian); }

INLINE void bend_with(int activation, Columns c, const real *z, real *h) {
    long columns = all_columns(c);
    for (long row = 0; row < c.rows; row++)
        for (long at = row * columns; at < row * columns + c.values; at += LANES) {
            vec before = load(z + at), after = bent(activation, before);
            if (c.tangents) {
                vec steep = slope(activation, before, after), squares = {0};
                for (long k = 1; k <= c.tangents; k++) {
                    vec along = load(z + at + k * c.values);
                    squares += along * along;
                    store(h + at + k * c.values, steep * along);
                }
                if (c.laplacian) {
                    long place = at + (1 + c.tangents) * c.values;
                    store(h + place, steep * load(z + place) + curvature(activation, before, after) * squares);
                }
            }
            store(h + at, after);
        }
}

/* h = a(z), of each tangent a'(z) times it, and of the Laplacian what the chain rule says. */
static void bend(int activation, Columns c, const real *z, real *h) {
#define LOOP(which) bend_with(which, c, z, h)
    FOR_EACH_ACTIVATION(activation, LOOP)
#undef LOOP
}

INLINE void unbend_with(int activation, Columns c, const real *z, const real *h, real *cotangent) {
    long columns = all_columns(c);
    for (long row = 0; row < c.rows; row++)
        for (long at = row * columns; at < row * columns + c.values; at += LANES) {
            vec before = load(z + at), after = load(h + at);
            vec steep = slope(activation, before, after), in_z = steep * load(cotangent + at);
            if (c.tangents) {
                vec bend = curvature(activation, before, after), through = {0}, squares = {0}, onto_laplacian = {0};
                if (c.laplacian) {
                    long place = at + (1 + c.tangents) * c.values;
                    onto_laplacian = load(cotangent + place);
                    through += onto_laplacian * load(z + place);
                    store(cotangent + place, steep * onto_laplacian);
                }
                for (long k = 1; k <= c.tangents; k++) {
                    vec due = load(cotangent + at + k * c.values), along = load(z + at + k * c.values);
                    through += due * along;
                    squares += along * along;
                    store(cotangent + at + k * c.values, steep * due + (real)2 * bend * along * onto_laplacian);
                }
                in_z += bend * through;
                if (c.laplacian)
                    in_z += third_derivative(activation, before, after) * squares * onto_laplacian;
            }
            store(cotangent + at, in_z);
        }
}

/* The cotangents of what `bend` made, overwritten by those of what it was given. */
static void unbend(int activation, Columns c, const real *z, const real *h, real *cotangent) {
#define LOOP(which) unbend_with(which, c, z, h, cotangent)
    FOR_EACH_ACTIVATION(activation, LOOP)
#undef LOOP
}

#endif
