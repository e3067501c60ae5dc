"""The adjoint along a kept solution: interpolated, and by Gauss quadrature."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from solver import METHODS, Solution, solve
from solver.gradients.gauss import gauss_legendre
from solver.gradients.kept_solution import KeptSolution
from solver.method import ImplicitRungeKutta, Method
from tests.problems import MODULATED, STARTS, Perceptron
from tests.solver.gradients.weighed import TIMES, by_name, gradients

EXPLICIT = [method for method in METHODS if not isinstance(method, ImplicitRungeKutta)]


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_a_kept_solution_is_the_one_that_dense_output_gives(method: Method, ts: Tensor) -> None:
    kept = KeptSolution(method)
    solution = solve(MODULATED.field, STARTS, ts, method=method, dt=0.13, rtol=1e-4, atol=1e-4, watch=kept)
    for time, state in zip(ts.tolist(), solution.ys, strict=True):
        assert torch.allclose(kept.at(time), state.flatten(), atol=1e-13)


@pytest.mark.parametrize("mode", ["interpolated", "gauss", "forward"])
def test_the_solution_is_not_run_backwards_where_that_blows_up(mode: str) -> None:
    """Backwards, the decay explodes: backsolve ends there with a status and a gradient of NaN."""

    def gradient(mode: str, rtol: float, atol: float) -> tuple[Tensor, Solution]:
        y0 = torch.full((1,), 0.5, dtype=torch.float64, requires_grad=True)
        ts = torch.tensor([0.0, 5.0], dtype=torch.float64)
        solution = solve(lambda t, y: -(y**3) * 40, y0, ts, gradient=mode, rtol=rtol, atol=atol)
        return torch.autograd.grad(solution.ys[-1].sum(), y0)[0], solution

    lost, backwards = gradient("backsolve_full", 1e-2, 1e-2)
    assert lost.isnan().all()
    assert not backwards.stats.backward_status.ok
    assert backwards.stats.backward_status.remedy
    found, solution = gradient(mode, 1e-6, 1e-9)
    exact = (1 + 80 * 0.25 * 5) ** -1.5  # y = y0 / sqrt(1 + 80 y0² t)
    assert float(found) == pytest.approx(exact, rel=1e-3)
    assert solution.stats.drift is None


@pytest.mark.parametrize("mode", ["interpolated", "gauss"])
@pytest.mark.parametrize("size", [1e-9, 1e9])
def test_the_gradient_of_a_scaled_loss_is_the_scaled_gradient(mode: str, size: float) -> None:
    """An adjoint as small as atol would otherwise be lost in it, and a large one cost steps."""
    found = []
    for scale in (1.0, size):
        y0 = STARTS.clone().requires_grad_()
        solution = solve(Perceptron(), y0, TIMES, rtol=1e-4, atol=1e-4, gradient=mode)
        (gradient,) = torch.autograd.grad(scale * solution.ys.square().sum(), y0)
        found.append((gradient / scale, solution.stats.nfe_backward))
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-9)
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("mode", ["interpolated", "gauss"])
def test_a_loss_of_nothing_has_no_gradient(mode: str) -> None:
    y0 = STARTS.clone().requires_grad_()
    solution = solve(Perceptron(), y0, TIMES, gradient=mode)
    (found,) = torch.autograd.grad((0.0 * solution.ys).sum(), y0)
    assert torch.equal(found, torch.zeros_like(found))


def test_gauss_takes_the_parameters_share_three_times_a_step_of_dopri5() -> None:
    costs = {}
    for mode in ("interpolated", "gauss"):
        _, solution = gradients(Perceptron(), TIMES, rtol=1e-8, gradient=mode)
        costs[mode] = solution.stats.nfe_backward
    steps = (costs["gauss"] - costs["interpolated"]) / 3
    assert steps == int(steps) > len(TIMES) - 3


@pytest.mark.parametrize("count", range(1, 8))
def test_gauss_legendre_rules_are_the_known_ones(count: int) -> None:
    nodes, known = np.polynomial.legendre.leggauss(count)
    rule = gauss_legendre(count)
    np.testing.assert_allclose(rule.nodes, (nodes + 1) / 2, atol=1e-15)
    np.testing.assert_allclose(rule.weights, known / 2, atol=1e-15)
