"""certify(): what a method claims, what its coefficients prove, and what it does when it runs, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, fsum, log2, nan, sin, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from solver.method import RungeKutta
from solver.proven_order import dense_order, estimate_order, step_order
from solver.solving import solve
from solver.stability import imaginary_interval, real_interval
from solver.tableau import TOLERANCE, ButcherTableau

AGREES_WITHIN = 0.3
"""A measured order this close to the proven one confirms it."""


class Order(NamedTuple):
    """An order as claimed, and as proven by the conditions of all rooted trees with up to 8 nodes."""

    claimed: int
    proven: int


class Measured(NamedTuple):
    """The order that errors show when steps are halved, on one problem. NaN: the errors say nothing."""

    problem: str
    order: float


@dataclass(frozen=True)
class Certificate:
    """What is known about a method. `complaints` has a sentence for every claim that does not hold; it should be empty.

    `row_sums` is by how much the worst row of a misses its node. `fsal`: the last stage is the next step's first.
    On y' = λ y a step is stable for real λ dt from -`real` to 0, and for imaginary λ dt up to ±i `imaginary`.
    """

    name: str
    label: str
    step: Order
    estimates: tuple[Order, ...]
    dense: Order
    row_sums: float
    stages: int
    fsal: bool
    real: float
    imaginary: float
    measured: tuple[Measured, ...]

    @property
    def complaints(self) -> tuple[str, ...]:
        parts = [("its step", self.step), ("its dense output", self.dense)]
        parts += [("an error estimate", order) for order in self.estimates]
        found = [
            f"{part} claims order {order.claimed}; its coefficients have order {order.proven}."
            for part, order in parts
            if order.proven < order.claimed
        ]
        if self.row_sums > TOLERANCE:
            found.append(f"a row of a misses its node by {self.row_sums:.1e}.")
        found += [
            f"on {problem} it shows order {order:.2f}, not {self.step.proven}."
            for problem, order in self.measured
            if not order >= self.step.proven - AGREES_WITHIN
        ]
        return tuple(found)

    @property
    def holds(self) -> bool:
        return not self.complaints

    def __str__(self) -> str:
        handed_on = ", the last handed on (FSAL)" if self.fsal else ""
        lines = [f"{self.label} ({self.name})", f"  {'stages':<16}{self.stages}{handed_on}"]
        lines.append(_line("order", self.step))
        lines += [_line("error estimate", order) for order in self.estimates]
        lines.append(_line("dense output", self.dense))
        lines += [f"  {'measured':<16}order {order:.2f} on {problem}" for problem, order in self.measured]
        lines.append(f"  {'row sums':<16}within {self.row_sums:.1e} of the nodes")
        lines.append(f"  {'stability':<16}real axis -{self.real:.3f} to 0, imaginary axis ±{self.imaginary:.3f}")
        lines.append(f"  {'verdict':<16}{'all claims hold' if self.holds else 'but ' + ' '.join(self.complaints)}")
        return "\n".join(lines)


def certify(method: RungeKutta) -> Certificate:
    """State what `method` claims, proves and does. Takes about a second; raises `ValueError` for multistep methods."""
    if not isinstance(method, RungeKutta):
        raise ValueError(f"certify() needs a Runge-Kutta method, which has a tableau; got {type(method).__name__}.")
    tableau = method.tableau
    proven = step_order(tableau.all_a, tableau.b)
    return Certificate(
        name=method.name,
        label=method.label,
        step=Order(tableau.order, proven),
        estimates=tuple(Order(each.order, estimate_order(tableau.all_a, each.weights)) for each in tableau.estimates),
        dense=Order(tableau.dense_order, dense_order(tableau)),
        row_sums=_worst_row_sum(tableau),
        stages=tableau.stages,
        fsal=tableau.fsal,
        real=real_interval(tableau),
        imaginary=imaginary_interval(tableau),
        measured=tuple(Measured(trial.name, _measured_order(method, trial)) for trial in TRIALS),
    )


class Trial(NamedTuple):
    """A field whose solution from exact(0) is exact(t)."""

    name: str
    field: Callable[[Tensor, Tensor], Tensor]
    exact: Callable[[float], tuple[float, ...]]
    t1: float


def _driven_rotation(t: Tensor, y: Tensor) -> Tensor:
    a, b = y.unbind(-1)
    return torch.cos(t) * torch.stack((-0.1 * a + 3 * b, -3 * a - 0.1 * b), dim=-1)


def _driven_rotation_exact(t: float) -> tuple[float, ...]:
    angle, size = 3 * sin(t), exp(-0.1 * sin(t))
    return size * sin(angle), size * cos(angle)


def _limit_cycle(t: Tensor, y: Tensor) -> Tensor:
    """Hopf's normal form: r' = r (1 - r²) / 10, angle' = 4, so weakly attracting that orders show above rounding."""
    a, b = y.unbind(-1)
    outward = 0.1 * (1 - a * a - b * b)
    return torch.stack((outward * a - 4 * b, outward * b + 4 * a), dim=-1)


def _limit_cycle_exact(t: float) -> tuple[float, ...]:
    radius = 1 / sqrt(1 + exp(-0.2 * t))
    return radius * cos(4 * t), radius * sin(4 * t)


TRIALS = (
    Trial("y' = cos(t) A y", _driven_rotation, _driven_rotation_exact, 2.0),
    Trial("a limit cycle (nonlinear, autonomous)", _limit_cycle, _limit_cycle_exact, 4.0),
)
MOST_STEPS = 1024
ROUNDING = 2e-13
"""Errors below this are rounding's as much as the method's."""


def _measured_order(method: RungeKutta, trial: Trial) -> float:
    """log2 of the last ratio of errors, when the steps are halved until rounding shows."""
    errors, steps = [_error(method, trial, 8)], 8
    while steps < MOST_STEPS:
        steps *= 2
        error = _error(method, trial, steps)
        if error < ROUNDING:
            break
        errors.append(error)
    ratios = [before / after for before, after in pairwise(errors)]
    return log2(ratios[-1]) if ratios else nan


def _error(method: RungeKutta, trial: Trial, steps: int) -> float:
    y0 = torch.tensor(trial.exact(0.0), dtype=torch.float64)
    ts = torch.tensor((0.0, trial.t1), dtype=torch.float64)
    with torch.no_grad():
        solution = solve(trial.field, y0, ts, method=method, controller="fixed", dt=trial.t1 / steps)
    exact = torch.tensor(trial.exact(trial.t1), dtype=torch.float64)
    return float((solution.ys[-1] - exact).abs().max())


def _worst_row_sum(tableau: ButcherTableau) -> float:
    """By how much the worst row sum misses its node, relative to the sizes of its entries where they exceed 1."""
    pairs = zip(tableau.all_a, tableau.all_c, strict=True)
    return max(abs(fsum(row) - node) / max(1.0, fsum(map(abs, row))) for row, node in pairs)


def _line(what: str, order: Order) -> str:
    return f"  {what:<16}order {order.claimed} claimed, {order.proven} proven by its coefficients"
