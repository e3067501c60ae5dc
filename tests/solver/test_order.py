"""The error of every method falls with the step size as its order says, on the grid and between its points."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import pytest
import torch

from solver import METHODS, solve
from solver.method import Method, Symplectic
from tests.problems import CLOCKED, LIMIT_CYCLE, MODULATED, KnownProblem

END = 2.0
ROUNDING = 1e-13
GENERAL = [method for method in METHODS if not isinstance(method, Symplectic)]
"""Those of their order on any field; the others have theirs on separable ones, see test_symplectic."""
NAMES = [method.name for method in GENERAL]


def error_at(method: Method, problem: KnownProblem, steps: int, fractions: Sequence[float]) -> float:
    """RMS error over the states at these fractions of every step."""
    dt = END / steps
    inside = dt * (torch.arange(steps, dtype=torch.float64)[:, None] + torch.tensor(fractions, dtype=torch.float64))
    ts = torch.cat((torch.zeros(1, dtype=torch.float64), inside.flatten()))
    solution = solve(problem.field, problem.y0, ts, method=method, controller="fixed", dt=dt)
    assert solution.stats.accepted in (steps, steps - 1)  # the last fraction may leave out the last step's end
    return float((solution.ys - problem.exact(ts)).square().mean().sqrt())


def observed_order(method: Method, problem: KnownProblem, fractions: Sequence[float]) -> float:
    """The slope between the two finest of doubling step counts whose errors are above rounding."""
    errors = [error_at(method, problem, steps, fractions) for steps in (5, 10, 20, 40, 80, 160, 320)]
    clear = [error for error in errors if error > ROUNDING]
    return log2(clear[-2] / clear[-1])


@pytest.mark.parametrize("fractions", [(1.0,), (0.3, 0.7, 1.0)], ids=["step ends", "inside steps"])
@pytest.mark.parametrize("problem", [MODULATED, CLOCKED], ids=lambda problem: problem.name)
@pytest.mark.parametrize("method", GENERAL, ids=NAMES)
def test_observed_order_is_nominal(method: Method, problem: KnownProblem, fractions: tuple[float, ...]) -> None:
    assert observed_order(method, problem, fractions) == pytest.approx(method.order, abs=0.15)


@pytest.mark.parametrize("fractions", [(1.0,), (0.3, 0.7, 1.0)], ids=["step ends", "inside steps"])
@pytest.mark.parametrize("method", GENERAL, ids=NAMES)
def test_observed_order_is_at_least_nominal_where_leading_errors_cancel(
    method: Method, fractions: tuple[float, ...]
) -> None:
    assert observed_order(method, LIMIT_CYCLE, fractions) > method.order - 0.15
