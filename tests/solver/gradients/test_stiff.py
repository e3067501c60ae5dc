"""Gradients through implicit steps: exact for the solved stage equations, however Newton's method got there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor

from solver import METHODS, Solution, solve
from solver.method import ImplicitRungeKutta
from tests.problems import STARTS, Perceptron

STIFF = [method for method in METHODS if isinstance(method, ImplicitRungeKutta)]
ADAPTIVE = [method for method in STIFF if method.adaptive]
TS = torch.tensor([0.0, 0.03, 0.2, 0.45], dtype=torch.float64)
"""Before Van der Pol's oscillator jumps, where no fixed step this large could follow."""


def by_name(method: ImplicitRungeKutta) -> str:
    return method.name


class VanDerPol(torch.nn.Module):
    """y'' = μ ((1 - y²) y' - y), μ = 50 a parameter, and so is the strength of the spring."""

    def __init__(self) -> None:
        super().__init__()
        self.constants = torch.nn.Parameter(torch.tensor([50.0, 1.0], dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        stiffness, spring = self.constants
        position, speed = y.unbind(-1)
        return torch.stack((speed, stiffness * ((1 - position * position) * speed - spring * position)), -1)


class MeanField(torch.nn.Module):
    """Samples that attract one another, with a strength that is a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = torch.nn.Parameter(torch.tensor(300.0, dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return -self.strength * (y - y.mean(0)) - torch.sin(y)


def start() -> Tensor:
    return torch.tensor([[2.0, 0.0], [1.9, -0.3]], dtype=torch.float64)


def loss_of(field: torch.nn.Module, y0: Tensor, **how: object) -> tuple[Tensor, Solution]:
    solution = solve(field, y0, TS, **how)
    assert solution.status.ok
    weights = torch.randn(solution.ys.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return (solution.ys * weights).sum(), solution


def gradient_of(field: torch.nn.Module, **how: object) -> tuple[Tensor, Solution]:
    """The gradient of a weighted sum of the saved states, flat: of y0 and the parameters."""
    y0 = start().requires_grad_()
    loss, solution = loss_of(field, y0, **how)
    found = torch.autograd.grad(loss, (y0, *field.parameters()))
    return torch.cat([x.flatten() for x in found]), solution


def differences(field: torch.nn.Module, **how: object) -> Tensor:
    """The same by central differences."""
    y0, found = start(), []
    with torch.no_grad():
        for leaf in (y0, *field.parameters()):
            for place in range(leaf.numel()):
                entry, values = leaf.view(-1)[place].clone(), []
                width = 1e-5 * max(1.0, float(entry.abs()))
                for offset in (width, -width):
                    leaf.view(-1)[place] = entry + offset
                    values.append(loss_of(field, y0, **how)[0])
                leaf.view(-1)[place] = entry
                found.append((values[0] - values[1]) / (2 * width))
    return torch.stack(found)


@pytest.mark.parametrize("make_field", [VanDerPol, MeanField])
@pytest.mark.parametrize("mode", ["checkpointed", "direct"])
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_gradients_are_those_of_the_discrete_solve(
    method: ImplicitRungeKutta, mode: str, make_field: Callable[[], torch.nn.Module]
) -> None:
    """Fixed steps far beyond the time constants, inside which outputs fall: a function that differences apply to."""
    field, how = make_field(), {"method": method, "controller": "fixed", "dt": 0.06}
    found, _ = gradient_of(field, gradient=mode, **how)
    expected = differences(field, **how)
    assert torch.allclose(found, expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max()))


@cache
def exact_van_der_pol() -> Tensor:
    return differences(VanDerPol(), method="radau5", rtol=1e-10, atol=1e-12, max_steps=50_000)


@pytest.mark.parametrize("mode", ["checkpointed", "direct"])
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_adaptive_gradients_are_within_the_tolerance_of_the_exact_ones(method: ImplicitRungeKutta, mode: str) -> None:
    field = VanDerPol()
    found, _ = gradient_of(field, method=method, gradient=mode, rtol=1e-6, atol=1e-8)
    expected = exact_van_der_pol()
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_checkpointed_equals_direct_whatever_newtons_method_left(method: ImplicitRungeKutta, tolerance: float) -> None:
    how = {"method": method, "rtol": tolerance, "atol": tolerance, "dt": 0.05, "max_steps": 50_000}
    direct, one = gradient_of(VanDerPol(), gradient="direct", **how)
    checkpointed, other = gradient_of(VanDerPol(), gradient="checkpointed", **how)
    assert torch.allclose(one.ys, other.ys, atol=1e-13)
    assert (checkpointed - direct).abs().max() < 1e-10 * direct.abs().max()


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_gradcheck_accepts_both_exact_modes(method: ImplicitRungeKutta) -> None:
    field = Perceptron(3)
    for mode in ("checkpointed", "direct"):

        def states(y0: Tensor, *_: Tensor, mode: str = mode) -> Tensor:
            return solve(field, y0, TS, method=method, controller="fixed", dt=0.3, gradient=mode).ys

        assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_direct_gives_second_derivatives(method: ImplicitRungeKutta) -> None:
    field = Perceptron(2)

    def states(y0: Tensor) -> Tensor:
        return solve(field, y0, TS, method=method, controller="fixed", dt=0.45, gradient="direct").ys

    assert torch.autograd.gradgradcheck(states, STARTS[:1].clone().requires_grad_())


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_every_form_of_a_field_has_the_same_gradient(method: ImplicitRungeKutta) -> None:
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.1}
    y0 = STARTS.clone().requires_grad_()
    found = []
    for rowwise in (False, True):
        field = Perceptron()
        ys = solve(field, y0, TS, rowwise=rowwise, **how).ys
        gradients = torch.autograd.grad(ys.square().sum(), (y0, *field.parameters()))
        found.append(torch.cat([x.flatten() for x in gradients]))
    assert torch.allclose(found[0], found[1], atol=1e-12)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_a_backward_pass_costs_one_evaluation_and_one_jacobian_for_each_stage_that_is_solved_for(
    method: ImplicitRungeKutta,
) -> None:
    _, solution = gradient_of(VanDerPol(), method=method, rtol=1e-4, atol=1e-4, dt=0.05)
    stats, tableau = solution.stats, method.tableau
    implicit = sum(map(tableau.implicit, range(tableau.stages)))
    assert stats.jacobians_backward == implicit * stats.accepted
    start_slope = 0 if tableau.implicit(0) else 1  # f at the very start; later ones are stages of the step before
    assert stats.nfe_backward == implicit * stats.accepted + start_slope


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_backsolve_solves_the_adjoint_equation_implicitly_too(method: ImplicitRungeKutta) -> None:
    how = {"method": method, "rtol": 1e-7, "atol": 1e-7, "dt": 2e-3}
    exact, _ = gradient_of(Perceptron(), gradient="checkpointed", **how)
    backsolve, solution = gradient_of(Perceptron(), gradient="backsolve", **how)
    assert (backsolve - exact).abs().max() < (5e-2 if method.order == 1 else 1e-3)
    assert solution.stats.jacobians_backward > 0
