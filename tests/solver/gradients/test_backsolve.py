"""The paper's adjoint: what steers it, what it costs, and how it says that it went wrong."""

from __future__ import annotations

from math import inf

import pytest
import torch
from torch import Tensor

from solver import METHODS, solve
from solver.method import Method, Symplectic
from tests.problems import LIMIT_CYCLE, STARTS, Perceptron
from tests.solver.gradients.weighed import TIMES, by_name, gradients

CUBIC_SPIRAL = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)
GENERAL = [method for method in METHODS if not isinstance(method, Symplectic)]
"""Those of their order on any field; see methods/test_symplectic for the others."""


@pytest.mark.parametrize("method", GENERAL, ids=by_name)
def test_backsolve_approaches_checkpointed_for_every_method(method: Method) -> None:
    how = {"method": method, "rtol": 1e-7, "atol": 1e-7, "dt": 1e-3 if method.order == 1 else 0.01}
    exact, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    backsolve, _ = gradients(Perceptron(), TIMES, gradient="backsolve", **how)
    assert (backsolve - exact).abs().max() < (2e-2 if method.order == 1 else 1e-3)


def test_backsolve_tells_how_far_it_drifted() -> None:
    y0 = STARTS.clone().requires_grad_()
    drifts = []
    for tolerance in (1e-4, 1e-8):
        solution = solve(LIMIT_CYCLE.field, y0, TIMES, rtol=tolerance, atol=tolerance, gradient="backsolve")
        assert solution.stats.drift is None
        solution.ys.sum().backward()
        drifts.append(solution.stats.drift)
    assert 0 < drifts[1] < drifts[0] < 1e-3


def test_backsolve_carries_its_step_size_from_one_interval_to_the_next() -> None:
    field, y0 = Perceptron(), STARTS.clone().requires_grad_()
    few, many = (
        solve(field, y0, torch.linspace(0, 4, count, dtype=torch.float64), rtol=1e-7, gradient="backsolve")
        for count in (2, 11)
    )
    for solution in (few, many):
        solution.ys[-1].sum().backward()
    # one evaluation chooses a first step, once; after that an interval costs its steps and one first slope
    assert many.stats.nfe_backward <= few.stats.nfe_backward + 10 * 7


def test_the_parameter_quadrature_does_not_steer_backsolve() -> None:
    def cost(scale: float) -> int:
        factor = torch.nn.Parameter(torch.full((2,), 1e-9 * scale, dtype=torch.float64))

        def field(t: Tensor, y: Tensor) -> Tensor:
            return torch.cos(t) * torch.stack((-y[..., 1], y[..., 0]), -1) + (factor / scale) * torch.sin(30 * t) * 1e-6

        y0 = STARTS.clone().requires_grad_()
        solution = solve(field, y0, TIMES, rtol=1e-6, gradient="backsolve", parameters=[factor])
        solution.ys.sum().backward()
        return solution.stats.nfe_backward

    assert cost(1.0) == cost(1e-9)


def test_full_norm_lets_the_quadrature_steer_and_the_seminorm_does_not() -> None:
    def cost(mode: str, frequency: float) -> int:
        factor = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))

        def field(t: Tensor, y: Tensor) -> Tensor:
            return torch.stack((-y[..., 1], y[..., 0]), -1) + factor * torch.sin(frequency * t)

        solution = solve(field, STARTS, TIMES[[0, -1]], rtol=1e-5, gradient=mode, parameters=[factor])
        solution.ys.sum().backward()
        return solution.stats.nfe_backward

    assert cost("backsolve_full", 60.0) > 2 * cost("backsolve", 60.0)
    assert cost("backsolve_full", 1.0) < 2 * cost("backsolve", 1.0)


def test_backsolve_that_fails_gives_nan_and_says_so() -> None:
    y0 = torch.full((1,), 0.5, dtype=torch.float64, requires_grad=True)
    ts = torch.tensor([0.0, 5.0], dtype=torch.float64)
    solution = solve(lambda t, y: -(y**3) * 40, y0, ts, gradient="backsolve", rtol=1e-2, atol=1e-2)
    assert solution.status.ok
    solution.ys.sum().backward()  # backwards, the cubic decay blows up
    status = solution.stats.backward_status
    assert status is not None
    assert not status.ok
    assert y0.grad.isnan().all()


def test_backsolve_of_the_cubic_spiral_dies_with_a_status_where_other_modes_live() -> None:
    matrix = CUBIC_SPIRAL.clone().requires_grad_()
    ts = torch.tensor([0.0, 100.0], dtype=torch.float64)
    for mode, lives in (("backsolve", False), ("backsolve_full", False), ("interpolated", True), ("gauss", True)):
        y0 = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
        how = {"rtol": 1e-3, "atol": 1e-5, "gradient": mode, "parameters": [matrix]}
        solution = solve(lambda t, y: (y**3) @ matrix, y0, ts, **how)
        (found,) = torch.autograd.grad(solution.ys[-1].sum(), matrix)
        assert solution.status.ok
        assert solution.stats.backward_status.ok == lives
        assert bool(found.isfinite().all()) == lives
        assert lives or solution.stats.backward_status.sentence
        assert lives or solution.stats.drift == inf
