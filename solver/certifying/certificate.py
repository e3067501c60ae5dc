"""certify(): what a method claims, what its coefficients prove, and what it does when it runs, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, inf, isnan
from typing import NamedTuple

from solver.certifying.measured_order import Measured, measured_orders
from solver.certifying.proven_order import (
    adams_dense_order,
    adams_order,
    composition_order,
    dense_order,
    estimate_order,
    step_order,
)
from solver.certifying.stable_steps import StableSteps, stable_steps
from solver.method import AdamsBashforth, AdamsBashforthMoulton, ImplicitRungeKutta, Method, RungeKutta, Symplectic
from solver.tableau import TOLERANCE, ButcherTableau

AGREES_WITHIN = 0.3
"""A measured order this close to the proven one confirms it."""
ROUNDING = 1e-6
"""An infinitely stiff component that is multiplied by less is damped at once; the number tried is finite."""


class Order(NamedTuple):
    """An order as claimed, and as proven by the coefficients: for Runge-Kutta methods by all trees up to 8 nodes."""

    claimed: int
    proven: int


@dataclass(frozen=True)
class Certificate:
    """What is known about a method. `complaints` has a sentence for every claim that does not hold; it should be empty.

    `row_sums` is by how much the worst row of a misses its node; None where there is no tableau. `cost` says what a
    step takes. `dense` is None where no order of dense output is claimed.
    """

    name: str
    label: str
    cost: str
    step: Order
    estimates: tuple[Order, ...]
    dense: Order | None
    row_sums: float | None
    stable: StableSteps
    measured: tuple[Measured, ...]

    @property
    def complaints(self) -> tuple[str, ...]:
        parts = [("its step", self.step)]
        parts += [] if self.dense is None else [("its dense output", self.dense)]
        parts += [("an error estimate", order) for order in self.estimates]
        found = [
            f"{part} claims order {order.claimed}; its coefficients have order {order.proven}."
            for part, order in parts
            if order.proven < order.claimed
        ]
        if self.row_sums is not None and self.row_sums > TOLERANCE:
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
        lines = [f"{self.label} ({self.name})", f"  {'a step':<16}{self.cost}", _line("order", self.step)]
        lines += [_line("error estimate", order) for order in self.estimates]
        lines += [] if self.dense is None else [_line("dense output", self.dense)]
        lines += [f"  {'measured':<16}order {order:.2f} on {problem}" for problem, order in self.measured]
        lines += [] if self.row_sums is None else [f"  {'row sums':<16}within {self.row_sums:.1e} of the nodes"]
        lines.append(f"  {'stability':<16}{_stability(self.stable)}")
        lines.append(f"  {'verdict':<16}{'all claims hold' if self.holds else 'but ' + ' '.join(self.complaints)}")
        return "\n".join(lines)


def certify(method: Method) -> Certificate:
    """State what `method` claims, proves and does. Takes about a second, of an implicit method a few.

    Raises `ValueError` for asynchronous leapfrog, whose order follows from its symmetry, not from coefficients.
    """
    if isinstance(method, RungeKutta | ImplicitRungeKutta):
        return _of_tableau(method)
    if isinstance(method, AdamsBashforth | AdamsBashforthMoulton):
        evaluations = 2 if isinstance(method, AdamsBashforthMoulton) else 1
        cost = f"{_count(evaluations, 'evaluation')}, {_count(method.order - 1, 'earlier slope')}"
        dense = Order(method.order, adams_dense_order(method))
        return _without_tableau(method, cost, Order(method.order, adams_order(method)), dense)
    if isinstance(method, Symplectic):
        cost = f"{_count(len(method.kicks), 'kick')}, {_count(len(method.drifts), 'drift')}; for separable fields"
        return _without_tableau(method, cost, Order(method.order, composition_order(method.moves)), None)
    raise ValueError(
        f"certify() needs a method with coefficients to prove its order by; got the {type(method).__name__}."
    )


def _of_tableau(method: RungeKutta | ImplicitRungeKutta) -> Certificate:
    tableau = method.tableau
    return Certificate(
        name=method.name,
        label=method.label,
        cost=_stages(tableau),
        step=Order(tableau.order, step_order(tableau.all_a, tableau.b)),
        estimates=tuple(Order(each.order, estimate_order(tableau.all_a, each.weights)) for each in tableau.estimates),
        dense=Order(tableau.dense_order, dense_order(tableau)),
        row_sums=_worst_row_sum(tableau),
        stable=stable_steps(method),
        measured=measured_orders(method),
    )


def _without_tableau(
    method: AdamsBashforth | AdamsBashforthMoulton | Symplectic, cost: str, step: Order, dense: Order | None
) -> Certificate:
    steps, measured = stable_steps(method), measured_orders(method)
    return Certificate(method.name, method.label, cost, step, (), dense, None, steps, measured)


def _stages(tableau: ButcherTableau) -> str:
    solved = sum(map(tableau.implicit, range(tableau.stages)))
    together = max(map(len, tableau.blocks))
    stages = _count(tableau.stages, "stage")
    if solved:
        stages += f", {solved} solved for{' together' if together > 1 else ''}"
    return f"{stages}{', the last handed on (FSAL)' if tableau.fsal else ''}"


def _worst_row_sum(tableau: ButcherTableau) -> float:
    """By how much the worst row sum misses its node, relative to the sizes of its entries where they exceed 1."""
    pairs = zip(tableau.all_a, tableau.all_c, strict=True)
    return max(abs(fsum(row) - node) / max(1.0, fsum(map(abs, row))) for row, node in pairs)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _line(what: str, order: Order) -> str:
    return f"  {what:<16}order {order.claimed} claimed, {order.proven} proven by its coefficients"


def _stability(stable: StableSteps) -> str:
    axes = [] if isnan(stable.real) else [f"real axis {_signed('-', stable.real)} to 0"]
    axes.append(f"imaginary axis {_signed('±', stable.imaginary)}")
    if stable.at_infinity < inf:
        damping = 0.0 if stable.at_infinity < ROUNDING else stable.at_infinity
        axes.append(f"at infinity {damping:.2f}")
    return ", ".join(axes)


def _signed(sign: str, size: float) -> str:
    return f"{sign}∞" if size == inf else f"{sign}{size:.3f}"
