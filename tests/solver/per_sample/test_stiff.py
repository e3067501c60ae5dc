"""Implicit methods with steps of each sample's own: stiff samples at their own cost, each converging for itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from solver import METHODS, Event, Status, solve
from solver.method import ImplicitRungeKutta, Method
from tests.problems import KNOWN_PROBLEMS, STARTS, KnownProblem, Linear, Perceptron

STIFF = [method for method in METHODS if isinstance(method, ImplicitRungeKutta) and method.adaptive]


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


def van_der_pol(t: Tensor, y: Tensor) -> Tensor:
    """The third entry is μ, constant: the larger, the stiffer."""
    x, v, mu = y.unbind(-1)
    return torch.stack((v, mu * (1 - x * x) * v - x, torch.zeros_like(mu)), -1)


def oscillators(mu: Tensor) -> Tensor:
    return torch.stack((torch.full_like(mu, 2.0), torch.zeros_like(mu), mu), -1)


@pytest.mark.parametrize("problem", KNOWN_PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.slow
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_solutions_stay_near_their_tolerance(method: Method, problem: KnownProblem) -> None:
    ts = torch.linspace(0, 3, 13, dtype=torch.float64)
    solution = solve(problem.field, problem.y0, ts, method=method, rtol=1e-5, atol=1e-5, per_sample=True)
    assert solution.status is Status.success
    assert (solution.ys - problem.exact(ts)).abs().max() < 4e-4


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_every_sample_takes_the_steps_that_the_shared_solver_takes_for_it_alone(method: Method) -> None:
    y0, ts, how = oscillators(tensor(1, 30, 1000)), tensor(0, 0.5, 2), {"method": method, "rtol": 1e-5, "atol": 1e-7}
    together = solve(van_der_pol, y0, ts, per_sample=True, **how)
    assert together.status is Status.success
    for place in range(3):
        alone = solve(van_der_pol, y0[place : place + 1], ts, **how)
        assert together.samples.accepted[place].item() == pytest.approx(alone.stats.accepted, abs=2)
        assert torch.allclose(together.ys[:, place], alone.ys[:, 0], rtol=1e-5)


def test_a_stiff_sample_costs_a_fraction_of_what_an_explicit_method_needs() -> None:
    y0, ts = oscillators(tensor(1, 1000)), tensor(0, 1)
    explicit = solve(van_der_pol, y0, ts, method="dopri5", per_sample=True).samples.nfe
    implicit = solve(van_der_pol, y0, ts, method="radau5", per_sample=True).samples.nfe
    assert 10 * implicit[1] < explicit[1]


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_a_sample_fares_alone_as_it_does_among_64(method: Method) -> None:
    mu = 10 ** torch.linspace(0, 2.5, 64, dtype=torch.float64)
    y0, ts = oscillators(mu), tensor(0, 0.3, 1)
    how = {"method": method, "rtol": 1e-5, "atol": 1e-7, "per_sample": True}
    batch = solve(van_der_pol, y0, ts, **how)
    for place in (0, 31, 63):
        alone = solve(van_der_pol, y0[place : place + 1], ts, **how)
        assert torch.allclose(alone.ys[:, 0], batch.ys[:, place], atol=1e-12, rtol=0)
        for count in ("accepted", "rejected", "nfe", "reached"):
            assert getattr(alone.samples, count).item() == getattr(batch.samples, count)[place].item()


@pytest.mark.parametrize("mode", ["checkpointed", "direct"])
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_gradients_match_the_closed_form(method: Method, mode: str) -> None:
    field, y0, ts = Linear(), STARTS.clone().requires_grad_(), tensor(0, 0.4, 1).requires_grad_()
    how = {"method": method, "gradient": mode, "rtol": 1e-7, "atol": 1e-7}
    leaves = (y0, ts, field.matrix)
    found = torch.autograd.grad(solve(field, y0, ts, per_sample=True, **how).ys.square().sum(), leaves)
    exact = torch.autograd.grad(field.exact(y0, ts).square().sum(), leaves)
    for mine, expected in zip(found, exact, strict=True):
        assert torch.allclose(mine, expected, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("method", [method for method in STIFF if method.order > 3], ids=by_name)
def test_checkpointed_gives_the_gradient_that_direct_and_finite_differences_of_the_discrete_solve_give(
    method: Method,
) -> None:
    field, ts = Perceptron(), tensor(0, 0.3, 1)

    def loss(y0: Tensor, mode: str) -> Tensor:
        how = {"method": method, "gradient": mode, "rtol": 1e-9, "atol": 1e-9, "per_sample": True}
        return solve(field, y0, ts, **how).ys.square().sum()

    def gradient(mode: str) -> Tensor:
        y0 = STARTS.clone().requires_grad_()
        return torch.cat([x.flatten() for x in torch.autograd.grad(loss(y0, mode), (y0, *field.parameters()))])

    found = gradient("checkpointed")
    assert torch.allclose(found, gradient("direct"), atol=1e-9)
    with torch.no_grad():
        unit = torch.zeros_like(STARTS)
        unit[1, 0] = 1e-4
        difference = (loss(STARTS + unit, "direct") - loss(STARTS - unit, "direct")) / 2e-4
    assert found[2].item() == pytest.approx(difference.item(), abs=1e-5)


def test_direct_can_be_differentiated_twice() -> None:
    y0 = STARTS.clone().requires_grad_()
    how = {"method": "radau5", "gradient": "direct", "rtol": 1e-8, "atol": 1e-8, "per_sample": True}
    ys = solve(lambda t, y: -y.pow(3), y0, tensor(0, 1), **how).ys[1]
    exact = y0 / torch.sqrt(1 + 2 * y0.square())
    for _ in range(2):
        ys, exact = (torch.autograd.grad(x.sum(), y0, create_graph=True)[0] for x in (ys, exact))
        assert torch.allclose(ys, exact, atol=1e-5)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_events_and_calls_work_as_with_explicit_methods(method: Method) -> None:
    levels = tensor(0.8, 0.3)
    y0 = torch.stack((torch.ones_like(levels), levels), 1)

    def decay(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((-50 * (y[:, 0] - torch.cos(t.squeeze(-1))), torch.zeros_like(y[:, 1])), 1)

    event = Event(lambda t, y: y[:, 0] - y[:, 1])
    how = {"method": method, "rtol": 1e-8, "atol": 1e-8, "per_sample": True, "dense": True}
    solution = solve(decay, y0, tensor(0, 1), events=event, **how)
    assert solution.samples.statuses == (Status.event, Status.success)

    def exact(t: Tensor) -> Tensor:  # the particular solution, and the start's departure from it
        particular = (2500 * torch.cos(t) + 50 * torch.sin(t)) / 2501
        return particular + (1 - 2500 / 2501) * torch.exp(-50 * t)

    end = solution.samples.events.t[0]
    assert exact(end).item() == pytest.approx(0.8, abs=1e-6)
    asked = torch.stack((torch.linspace(0, 1, 21).double() * end, torch.linspace(0, 1, 21).double()), 1)
    assert torch.allclose(solution(asked)[..., 0], exact(asked), atol=1e-5)


def test_where_newton_fails_the_step_is_tried_again_with_a_smaller_one() -> None:
    def field(t: Tensor, y: Tensor) -> Tensor:  # not a number where a bold step leads
        return -100 * torch.sqrt(y)

    solution = solve(field, tensor(1, 4)[:, None], tensor(0, 0.015), method="radau5", dt=1.0, per_sample=True)
    assert solution.status is Status.success
    assert solution.samples.rejected[0] > 0
    assert torch.allclose(solution.ys[1, :, 0], (tensor(1, 2) - 50 * 0.015).square(), atol=1e-5)
