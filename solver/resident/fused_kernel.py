"""A stage of a step in one kernel, in Triton: where it is evaluated, a network there, and its slope to memory.

Imported only where Triton is. All is in float32; products are made of three of TF32 each, which keep 22 bits.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, no-untyped-def, unused-ignore"

import triton
import triton.language as tl


@triton.jit
def bend(z, ACTIVATION: tl.constexpr):
    """In the order of `fused.ACTIVATIONS`."""
    if ACTIVATION == 0:
        bent = 2.0 * tl.sigmoid(2.0 * z) - 1.0
    elif ACTIVATION == 1:
        bent = tl.maximum(z, 0.0) + tl.log(1.0 + tl.exp(-tl.abs(z)))
    elif ACTIVATION == 2:
        bent = z * tl.sigmoid(z)
    elif ACTIVATION == 3:
        bent = tl.maximum(z, 0.0)
    else:
        bent = tl.sin(z)
    return bent


@triton.jit
def affine(x, theta, place, inputs, outputs, row, IN: tl.constexpr, OUT: tl.constexpr):
    """x (rows, IN) -> (rows, OUT) by W (outputs, inputs) at `place` in theta, its rows so far apart, and b after it."""
    i, o = tl.arange(0, IN), tl.arange(0, OUT)
    inside = (i[:, None] < inputs) & (o[None, :] < outputs)
    weight = tl.load(theta + place + o[None, :] * row + i[:, None], mask=inside, other=0.0)
    bias = tl.load(theta + place + outputs * row + o, mask=o < outputs, other=0.0)
    return tl.dot(x, weight, input_precision="tf32x3") + bias[None, :]


@triton.jit(do_not_specialize=["number"])
def stage(
    y,
    slopes,
    moved,
    theta,
    weights,
    moment,
    dt,
    rows,
    number,
    DIM: tl.constexpr,
    WIDTH: tl.constexpr,
    HIDDEN: tl.constexpr,
    TIMED: tl.constexpr,
    CUBED: tl.constexpr,
    ACTIVATION: tl.constexpr,
    ENTRIES: tl.constexpr,
    UNITS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """slopes[number] = f(moment, moved), moved = y + dt Σ weights_j slopes[j] over j < number, for states (rows, DIM).

    `slopes` is (stages, rows · DIM). f is HIDDEN layers of WIDTH units with the activation, and a last one without.
    ENTRIES and UNITS are DIM and WIDTH, filled up to what a product of tiles takes.
    """
    r, c = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, ENTRIES)
    inside = (r[:, None] < rows) & (c[None, :] < DIM)
    place = r[:, None] * DIM + c[None, :]
    at = tl.load(y + place, mask=inside, other=0.0)
    total = tl.zeros((BLOCK, ENTRIES), tl.float32)
    for j in range(number):
        total += tl.load(weights + j) * tl.load(slopes + j * rows * DIM + place, mask=inside, other=0.0)
    at += tl.load(dt) * total
    tl.store(moved + place, at, mask=inside)
    x = at * at * at if CUBED else at
    h = affine(x, theta, 0, DIM, WIDTH, DIM + TIMED, ENTRIES, UNITS)
    if TIMED:
        o = tl.arange(0, UNITS)
        of_time = tl.load(theta + o * (DIM + 1) + DIM, mask=o < WIDTH, other=0.0)
        h += tl.load(moment) * of_time[None, :]
    h = bend(h, ACTIVATION)
    begin = WIDTH * (DIM + TIMED + 1)
    for layer in tl.static_range(HIDDEN - 1):
        h = bend(affine(h, theta, begin + layer * WIDTH * (WIDTH + 1), WIDTH, WIDTH, WIDTH, UNITS, UNITS), ACTIVATION)
    begin += (HIDDEN - 1) * WIDTH * (WIDTH + 1)
    dy = affine(h, theta, begin, WIDTH, DIM, WIDTH, UNITS, ENTRIES)
    tl.store(slopes + number * rows * DIM + place, dy, mask=inside)
