"""Numerical trouble is a status with a sentence and a remedy, never an exception, and keeps the solution so far."""

from __future__ import annotations

from math import nan

import pytest
import torch
from torch import Tensor

from solver import METHODS, Status, solve
from solver.method import ImplicitRungeKutta, Method

ADAPTIVE = [method for method in METHODS if method.adaptive]
MODES = ["checkpointed", "direct", "backsolve"]


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def start(value: float = 1.0) -> Tensor:
    return torch.full((1,), value, dtype=torch.float64)


def squared(t: Tensor, y: Tensor) -> Tensor:
    """y' = y² from 1 is infinite at t = 1."""
    return y * y


def by_name(method: Method) -> str:
    return method.name


@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_happened_and_what_to_do(status: Status) -> None:
    assert status.sentence.endswith(".")
    assert status.ok == (status in (Status.success, Status.event))
    assert status.ok or status.remedy.endswith(".")
    assert status.name == status.value


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_a_blow_up_underflows_and_keeps_the_states_before_it(method: Method, mode: str) -> None:
    ts = times(0, 0.5, 2, 3)
    solution = solve(squared, start(), ts, method=method, rtol=1e-4, gradient=mode, max_steps=100_000)
    assert solution.status in (Status.step_underflow, Status.non_finite)
    assert solution.reached == 1
    assert float(solution.ys[1]) == pytest.approx(2.0, rel=1e-2)
    assert solution.ys[2:].isnan().all()


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_too_many_steps_stop_the_solve(method: Method) -> None:
    ts = times(0, 0.004, 50)
    solution = solve(lambda t, y: torch.cos(9 * t) * y, start().repeat(2), ts, method=method, dt=1e-3, max_steps=7)
    assert solution.status is Status.max_steps
    assert len(solution.stats.steps) == 7
    assert solution.reached in (0, 1)
    assert solution.ys[2].isnan().all()


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_fixed_steps_stop_where_the_state_is_no_longer_finite(method: Method) -> None:
    ts = times(0, 1e-6, 9, 10)
    solution = solve(lambda t, y: y**9, start(3.0).repeat(2), ts, method=method, controller="fixed", dt=0.5)
    implicit = isinstance(method, ImplicitRungeKutta)
    assert solution.status is (Status.newton_failure if implicit else Status.non_finite)
    assert solution.reached < 2
    assert solution.ys[-1].isnan().all()
    assert not solution.stats.steps[-1].accepted


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [nan, float("inf")])
def test_a_start_that_is_not_finite_stops_at_once(value: float, mode: str) -> None:
    solution = solve(lambda t, y: -y, start(value), times(0, 1), gradient=mode)
    assert solution.status is Status.non_finite
    assert solution.reached == 0
    assert solution.ys[1:].isnan().all()


@pytest.mark.parametrize("mode", MODES)
def test_a_field_that_is_not_finite_at_the_start_stops_at_once(mode: str) -> None:
    solution = solve(lambda t, y: y / 0.0, start(), times(0, 1), gradient=mode)
    assert solution.status is Status.non_finite
    assert not solution.stats.steps


@pytest.mark.parametrize("mode", MODES)
def test_a_slope_whose_size_overflows_ends_as_non_finite(mode: str) -> None:
    solution = solve(lambda t, y: 1e30 * y, torch.ones(3, 2), torch.tensor([0.0, 1.0]), gradient=mode)
    assert solution.status is Status.non_finite
    assert solution.reached == 0


def test_a_field_that_overflows_just_ahead_is_approached_by_small_steps() -> None:
    solution = solve(
        lambda t, y: torch.where(y > 0.5, torch.exp(1e4 * y), -torch.ones_like(y)), start(0.5), times(0, 1)
    )
    assert solution.status is Status.success
    assert float(solution.ys[-1]) == pytest.approx(-0.5)


def test_a_field_that_breaks_down_half_way_ends_as_non_finite() -> None:
    solution = solve(lambda t, y: torch.sqrt(0.5 - t) * y, start(), times(0, 0.4, 1))
    assert solution.status is Status.non_finite
    assert solution.reached == 1


def test_a_solve_that_fails_at_once_still_gives_its_start_a_gradient() -> None:
    y0 = start().requires_grad_()
    solution = solve(lambda t, y: y / 0.0, y0, times(0, 1))
    solution.ys[0].sum().backward()
    assert torch.equal(y0.grad, torch.ones_like(y0))
