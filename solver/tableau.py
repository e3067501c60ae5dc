"""ButcherTableau: the coefficients of a Runge-Kutta method, which check themselves when they are written down.

A step of size dt from (t, y) is y1 = y + dt Σ b_i k_i with k_i = f(t + c_i dt, y + dt Σ_j a_ij k_j).
Dense output is y(t + θ dt) = y + dt Σ b_i(θ) k_i with b_i(θ) in Hairer's nested form
    b_i(θ) = θ (r_0i + (1-θ) (r_1i + θ (r_2i + (1-θ) (r_3i + …)))),
so that r_0 = b makes it meet the step's end, and r_0 + r_1 = (1, 0, …) makes it leave along f(t, y).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum

from solver.order_conditions import null_residuals, residuals

Row = tuple[float, ...]
TOLERANCE = 1e-14
CHECKED_ON_CREATION = 5
"""Conditions up to this order are checked whenever a tableau is made; `check` and the tests go to its own order."""


@dataclass(frozen=True)
class ErrorEstimate:
    """Weights of the stages in the difference between the step and a less accurate one of `order`."""

    weights: Row
    order: int


@dataclass(frozen=True)
class ButcherTableau:
    """A Runge-Kutta method: `a`, `b`, nodes `c`. Row i of `a` has i entries, or more where stage i is implicit.

    `estimates` are the embedded error estimates (none: fixed steps; two: Hairer's 8(5,3) combination).
    `dense` holds the rows r_2, r_3, … of the interpolant of `dense_order`; where the tableau has a stage at the step's
    end (FSAL), r_2 is the cubic Hermite row and `dense` starts at r_3; where the first stage is implicit, it starts at
    r_1. `extra_a`, `extra_c` are stages that only dense output needs. Raises `ValueError` naming the condition that
    coefficients miss.
    """

    order: int
    c: Row
    a: tuple[Row, ...]
    b: Row
    estimates: tuple[ErrorEstimate, ...] = ()
    dense: tuple[Row, ...] = ()
    dense_order: int = 1
    extra_c: Row = ()
    extra_a: tuple[Row, ...] = ()

    def __post_init__(self) -> None:
        self._check_shape()
        self.check(min(self.order, CHECKED_ON_CREATION))

    @property
    def stages(self) -> int:
        """Evaluations of f in a step, before any that only dense output needs."""
        return len(self.c)

    @cached_property
    def blocks(self) -> tuple[range, ...]:
        """The stages in the smallest groups, in order, of which each depends on itself and earlier ones only.

        Each stage of an explicit or diagonally implicit method is a group; all of Radau's are one.
        """
        reach = [max(stage + 1, len(_trimmed(row))) for stage, row in enumerate(self.a)]
        groups, start = [], 0
        while start < self.stages:
            stop = reach[start]
            while max(reach[start:stop]) > stop:
                stop = max(reach[start:stop])
            groups.append(range(start, stop))
            start = stop
        return tuple(groups)

    def implicit(self, stage: int) -> bool:
        """Whether the stage depends on itself or on later ones."""
        return len(_trimmed(self.a[stage])) > stage

    @cached_property
    def explicit(self) -> bool:
        """Whether every stage follows from those before it."""
        return not any(map(self.implicit, range(self.stages)))

    @cached_property
    def stiffly_accurate(self) -> bool:
        """Whether y1 is the state of the last stage, so that a stiff component is damped as its equation demands."""
        return self.c[-1] == 1.0 and _trimmed(self.a[-1]) == _trimmed(self.b)

    @cached_property
    def all_a(self) -> tuple[Row, ...]:
        """`a` followed by the rows of the stages that only dense output needs."""
        return self.a + self.extra_a

    @cached_property
    def all_c(self) -> Row:
        """`c` followed by the nodes of the stages that only dense output needs."""
        return self.c + self.extra_c

    @cached_property
    def advancing(self) -> int:
        """How many leading stages y1 depends on; later ones serve the error estimate and dense output."""
        return max(i for i, weight in enumerate(self.b) if weight) + 1

    @cached_property
    def handed_on(self) -> int | None:
        """The stage that is f at the step's end, so that it is the next step's first stage (FSAL); None if none is."""
        wanted = _trimmed(self.b)
        for stage, (row, node) in enumerate(zip(self.all_a, self.all_c, strict=True)):
            if node == 1.0 and _trimmed(row) == wanted:
                return stage
        return None

    @property
    def fsal(self) -> bool:
        """Whether every step evaluates its end, so that from the second step on it costs one evaluation less."""
        return self.handed_on is not None and self.handed_on < self.stages

    @cached_property
    def dense_rows(self) -> tuple[Row, ...]:
        """The rows r_0, r_1, … of the nested form, one entry for each stage of `all_a`."""
        size = len(self.all_c)
        b = padded(self.b, size)
        if self.implicit(0):  # there is no slope at the step's start to leave along
            return (b, *(padded(row, size) for row in self.dense))
        first = _unit(0, size)
        rows = [b, tuple(x - y for x, y in zip(first, b, strict=True))]
        if self.handed_on is not None:
            last = _unit(self.handed_on, size)
            rows.append(tuple(2 * x - y - z for x, y, z in zip(b, first, last, strict=True)))
        return tuple(rows) + tuple(padded(row, size) for row in self.dense)

    def dense_weights(self, theta: float) -> Row:
        """b_i(θ) for every stage of `all_a`."""
        basis = nested_basis(theta, len(self.dense_rows))
        return tuple(
            fsum(x * y for x, y in zip(basis, column, strict=True)) for column in zip(*self.dense_rows, strict=True)
        )

    def check(self, order: int | None = None) -> None:
        """Raise `ValueError` unless row sums and all order conditions up to `order` (its own by default) hold."""
        order = self.order if order is None else order
        for stage, (row, node) in enumerate(zip(self.all_a, self.all_c, strict=True)):
            missed = fsum(row) - node
            if abs(missed) > TOLERANCE * max(1.0, fsum(map(abs, row))):
                raise ValueError(f"Row {stage} of a must sum to c = {node}; it misses it by {missed:.1e}.")
        _require(residuals(self.all_a, self.b, min(order, self.order)), f"b misses order {self.order}")
        for estimate in self.estimates:
            missed_by = null_residuals(self.all_a, estimate.weights, min(order, estimate.order))
            _require(missed_by, f"an error estimate misses order {estimate.order}")
        for theta in (0.3, 0.8):
            missed_by = residuals(self.all_a, self.dense_weights(theta), min(order, self.dense_order), theta)
            _require(missed_by, f"dense output misses order {self.dense_order} at θ = {theta}")

    def _check_shape(self) -> None:
        if len(self.b) != len(self.c) or len(self.a) != len(self.c) or len(self.extra_a) != len(self.extra_c):
            raise ValueError(f"A tableau of {len(self.c)} nodes needs as many rows in a and weights in b.")
        for stage, row in enumerate(self.all_a):
            implicit = stage < len(_trimmed(row)) and len(row) <= len(self.c)
            if len(row) != stage and not implicit:
                raise ValueError(
                    f"Row {stage} of a has {len(row)} entries; an explicit stage needs {stage}, "
                    f"an implicit one up to {len(self.c)}."
                )


def nested_basis(theta: float, size: int) -> list[float]:
    """θ, θ(1-θ), θ²(1-θ), θ²(1-θ)², …: what the rows r_0, r_1, … are weighted with at θ."""
    basis, product = [], 1.0
    for place in range(size):
        product *= 1.0 - theta if place % 2 else theta
        basis.append(product)
    return basis


def nested_slopes(theta: float, size: int) -> list[float]:
    """The derivatives by θ of the `nested_basis`, whose member n is θ^⌈(n+1)/2⌉ (1-θ)^⌊(n+1)/2⌋."""
    found = []
    for place in range(size):
        rising, falling = (place + 2) // 2, (place + 1) // 2
        slope = rising * theta ** (rising - 1) * (1.0 - theta) ** falling
        if falling:
            slope -= falling * theta**rising * (1.0 - theta) ** (falling - 1)
        found.append(slope)
    return found


def _require(missed: Sequence[float], sentence: str) -> None:
    worst = max(map(abs, missed), default=0.0)
    if worst > TOLERANCE:
        raise ValueError(f"Wrong coefficients: {sentence}; the worst condition is off by {worst:.1e}.")


def _trimmed(row: Row) -> Row:
    end = len(row)
    while end and row[end - 1] == 0.0:
        end -= 1
    return row[:end]


def padded(row: Row, size: int) -> Row:
    """`row` with zeros after it, up to `size` entries."""
    return row + (0.0,) * (size - len(row))


def _unit(place: int, size: int) -> Row:
    return tuple(1.0 if i == place else 0.0 for i in range(size))
