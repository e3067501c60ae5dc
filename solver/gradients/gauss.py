"""Gauss: the adjoint alone integrated back along the kept solution; the parameters' gradient by Gauss quadrature.

Source: Norcliffe, Deisenroth, Faster Training of Neural ODEs Using Gauß-Legendre Quadrature (2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, nan, pi
from typing import NamedTuple

from torch import Tensor

from solver import gradient_modes
from solver.field import FlatField, of_state_alone
from solver.gradients.adjoint_equation import AdjointSolve, Cotangents, ForwardPass, solve_keeping_solution, unit
from solver.gradients.cotangents import ParameterSums
from solver.gradients.kept_solution import KeptSolution
from solver.gradients.problem import Outcome, Problem
from solver.watch import AcceptedStep, Mark
from solver.watches import Relay


@dataclass(frozen=True)
class Gauss:
    """The gradient of the exact solution, to tolerance, as `interpolated`, without parameters in the state.

    dL/dθ = ∫ aᵀ ∂f/∂θ dt is taken over each accepted step back by a Gauss-Legendre rule of the method's order, with a
    from dense output. The parameters' cotangents are so asked for 3 times a step of dopri5, not 6, and in no stage.
    """

    name: str = gradient_modes.GAUSS.name
    sentence: str = gradient_modes.GAUSS.sentence

    def solve(self, problem: Problem) -> Outcome:
        return solve_keeping_solution(problem, self)

    def pull_back(self, forward: ForwardPass, rows: Tensor, parameters: Sequence[Tensor]) -> Cotangents:
        problem = forward.problem
        sums, field = ParameterSums(parameters), problem.flat(problem.field)
        quadrature = Quadrature(field, forward.solution, sums, problem.plan.method.order)
        watch = quadrature if parameters else None
        y0, status = AdjointSolve(forward, of_state_alone(problem.field), watch=watch).run(rows)
        problem.stats.nfe_backward += field.evaluations
        for total in sums.totals:
            total.mul_(unit(rows) if status.ok else nan)
        return Cotangents(y0 * unit(rows), sums.totals)


class Quadrature(Relay):
    """Watches the adjoint's steps, and adds ∫ aᵀ ∂f/∂θ dt over each one to `sums`."""

    def __init__(self, field: FlatField, solution: KeptSolution, sums: ParameterSums, order: int) -> None:
        super().__init__(None)
        self._field = field
        self._solution = solution
        self._sums = sums
        self._rule = gauss_legendre(order // 2 + 1)

    def marks(self, step: AcceptedStep, end: float) -> Sequence[Mark]:
        """None; but the step's share of the integral is added."""
        adjoints = step.outputs(self._rule.nodes)
        for theta, weight, adjoint in zip(self._rule.nodes, self._rule.weights, adjoints, strict=True):
            t = step.t + theta * step.dt
            pullback = self._field.linearise(t, self._solution.at(t)).pullback
            self._sums.add(pullback(adjoint * (-weight * step.dt)).parameters)  # steps go back: -dt is forward
        return ()


class Rule(NamedTuple):
    """Nodes in (0, 1) and weights whose sum is 1."""

    nodes: tuple[float, ...]
    weights: tuple[float, ...]


@cache
def gauss_legendre(count: int) -> Rule:
    """The rule of `count` nodes that is exact for polynomials of degree 2 count - 1: Newton's method on P_count."""
    nodes, weights = [], []
    for place in range(count):
        x, slope = cos(pi * (place + 0.75) / (count + 0.5)), 1.0
        for _ in range(10):
            value, slope = _legendre(count, x)
            x -= value / slope
        nodes.append(0.5 - 0.5 * x)
        weights.append(1.0 / ((1.0 - x * x) * slope * slope))
    return Rule(tuple(nodes), tuple(weights))


class _Legendre(NamedTuple):
    value: float
    slope: float


def _legendre(degree: int, x: float) -> _Legendre:
    """P_degree(x) and its derivative, by the three-term recurrence."""
    before, value = 0.0, 1.0
    for n in range(degree):
        before, value = value, ((2 * n + 1) * x * value - n * before) / (n + 1)
    return _Legendre(value, degree * (x * value - before) / (x * x - 1.0))
