"""Where steps end and how errors are measured: forced times, jumps, limits, norms, tolerances, a watch."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from typing import Any

import pytest
import torch
from torch import Tensor

from solver import Status, solve
from solver.methods.adams import adams_bashforth
from solver.norms import NORMS, NamedNorm
from solver.watch import AcceptedStep, Mark

MODES = ["direct", "checkpointed", "backsolve"]


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def decay(t: Tensor, y: Tensor) -> Tensor:
    return -y


class Jump:
    """-y/2 before t = 0.5 and y² from there on. Remembers when it was evaluated."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        self.seen.append(float(t))
        return -0.5 * y if t < 0.5 else y * y


def after_jump(y0: Tensor, t: float) -> Tensor:
    if t <= 0.5:
        return y0 * exp(-0.5 * t)
    return 1 / (1 / (y0 * exp(-0.25)) - (t - 0.5))


@pytest.mark.parametrize("how", [{}, {"method": "rk4", "dt": 0.17}, {"method": "ab3", "dt": 0.11}, {"method": "rk4"}])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_steps_end_at_forced_times(how: dict[str, Any], sign: float) -> None:
    forced = [0.31 * sign, 0.72 * sign, 5.0 * sign, -0.2 * sign, 0.0]
    solution = solve(decay, times(1.0), times(0.0, sign), forced_times=forced, **how)
    ends = [step.t + step.dt for step in solution.stats.steps if step.accepted]
    for time in (0.31 * sign, 0.72 * sign, sign):
        assert min(abs(end - time) for end in ends) < 1e-15
    assert float(solution.ys[-1]) == pytest.approx(exp(-sign), rel=2e-3)


def test_fixed_steps_without_a_size_go_from_one_forced_time_to_the_next() -> None:
    solution = solve(decay, times(1.0), times(0, 1), method="rk4", forced_times=times(0.7, 0.1))
    assert [round(step.t, 12) for step in solution.stats.steps] == [0.0, 0.1, 0.7]


@pytest.mark.parametrize("gradient", ["direct", "checkpointed"])
def test_multistep_methods_start_again_where_the_step_size_changes(gradient: str) -> None:
    """Order 4 along a grid whose steps are of two sizes, where the weights of equal steps would have order 1."""
    errors = []
    for parts in (20, 40):
        grid = [n / parts for n in range(parts // 2)] + [0.5 + n / (3 * parts) for n in range(3 * parts // 2)]
        y0 = times(1.0).requires_grad_()
        ts = times(0, 0.3, 0.62, 1)
        solution = solve(decay, y0, ts, method=adams_bashforth(4), forced_times=grid, gradient=gradient)
        assert torch.allclose(solution.ys[:, 0], torch.exp(-ts), atol=2e-6)
        (slope,) = torch.autograd.grad(solution.ys[-1], y0)
        assert float(slope) == pytest.approx(solution.ys[-1].item(), rel=1e-12)  # linear in y0
        errors.append(abs(solution.ys[-1].item() - exp(-1)))
    assert errors[0] / errors[1] > 12


@pytest.mark.parametrize("gradient", MODES)
def test_a_field_that_jumps_costs_no_rejected_steps_and_keeps_its_gradient(gradient: str) -> None:
    field, y0, ts = Jump(), times(0.4, 0.9).requires_grad_(), times(0, 0.3, 0.5, 0.7, 1)
    solution = solve(field, y0, ts, jump_times=[0.5], gradient=gradient, rtol=1e-8, atol=1e-10)
    for row, time in zip(solution.ys, ts.tolist(), strict=True):
        assert torch.allclose(row, after_jump(y0, time), rtol=1e-7)
    assert 0.5 not in field.seen
    (found,) = torch.autograd.grad(solution.ys.sum(), y0)
    (exact,) = torch.autograd.grad(sum(after_jump(y0, time).sum() for time in ts.tolist()), y0)
    assert torch.allclose(found, exact, rtol=1e-6)
    unaware = solve(Jump(), y0, ts, gradient=gradient, rtol=1e-8, atol=1e-10)
    assert solution.stats.nfe_forward < unaware.stats.nfe_forward / 3
    assert solution.stats.accepted + solution.stats.rejected == len(solution.stats.steps)


def test_a_jump_backwards_in_time_is_seen_from_its_other_side() -> None:
    there = solve(Jump(), times(0.4), times(0, 1), jump_times=[0.5], rtol=1e-10, atol=1e-12).ys[-1]
    back = solve(Jump(), there, times(1, 0), jump_times=[0.5], rtol=1e-10, atol=1e-12)
    assert float(back.ys[-1]) == pytest.approx(0.4, rel=1e-8)


def test_a_jump_outside_or_at_the_ends_cuts_nothing() -> None:
    whole = solve(decay, times(1.0), times(0, 0.4, 1))
    cut = solve(decay, times(1.0), times(0, 0.4, 1), jump_times=[-1.0, 0.0, 1.0, 3.0])
    assert torch.equal(whole.ys, cut.ys)


@pytest.mark.parametrize("limit", [3, 8, 11])
def test_max_steps_counts_over_jumps(limit: int) -> None:
    solution = solve(decay, times(1.0), times(0, 1, 2), method="rk4", dt=0.2, jump_times=[0.6, 1.2], max_steps=limit)
    assert solution.status is (Status.success if limit > 10 else Status.max_steps)
    assert len(solution.stats.steps) == min(limit, 10)
    assert solution.reached == (2 if limit > 10 else len(solution.stats.steps) // 5)
    assert solution.ys.shape == (3, 1)
    assert solution.ys[solution.reached + 1 :].isnan().all()


def test_an_event_after_a_jump_ends_the_solve() -> None:
    solution = solve(decay, times(1.0), times(0, 0.4, inf), jump_times=[0.3, 0.5, 4.0], events=lambda t, y: y[0] - 0.5)
    assert solution.status is Status.event
    assert float(solution.events[0].t) == pytest.approx(0.6931471805599453, rel=1e-6)
    assert solution.reached == 1


def test_steps_stay_within_their_limits() -> None:
    bounded = solve(decay, times(1.0), times(0, 1), max_step=0.03, min_step=0.02, rtol=1e-12, atol=1e-14)
    sizes = [step.dt for step in bounded.stats.steps[:-1]]
    assert min(sizes) >= 0.02 - 1e-15 and max(sizes) <= 0.03 + 1e-15
    assert not bounded.stats.rejected
    assert solve(decay, times(1.0), times(0, 1), max_step=0.001).stats.accepted >= 1000


def test_a_smallest_step_that_is_not_finite_ends_the_solve() -> None:
    solution = solve(lambda t, y: torch.sqrt(0.5 - t) * y, times(1.0), times(0, 1), min_step=0.05)
    assert solution.status is Status.non_finite


@pytest.mark.parametrize("norm", NORMS, ids=lambda norm: norm.name)
def test_norms_are_ordered_as_they_must_be(norm: NamedNorm) -> None:
    errors = torch.tensor([[1.0, 3.0], [0.5, 0.5]])
    sizes = {"rms": (10.5 / 4) ** 0.5, "max": 3.0, "sample": 5.0**0.5}
    assert float(norm(errors)) == pytest.approx(sizes[norm.name])


def test_a_stricter_norm_takes_more_steps() -> None:
    y0 = torch.ones(50, 2, dtype=torch.float64)
    rates = torch.linspace(0.1, 30, 50, dtype=torch.float64)[:, None]
    counts = {
        norm: solve(lambda t, y: -rates * torch.sin(9 * t) * y, y0, times(0, 1), norm=norm).stats.accepted
        for norm in ("rms", "sample", "max")
    }
    assert counts["rms"] < counts["sample"] <= counts["max"]


def test_a_norm_of_ones_own_gets_errors_in_the_shape_of_the_state() -> None:
    shapes = set()

    def norm(errors: Tensor) -> Tensor:
        shapes.add(tuple(errors.shape))
        return errors.abs().mean()

    y0 = torch.ones(3, 2, dtype=torch.float64).requires_grad_()
    solution = solve(decay, y0, times(0, 1), norm=norm, gradient="backsolve")
    solution.ys.sum().backward()
    assert shapes == {(3, 2)}
    assert torch.allclose(y0.grad, 1 + torch.exp(-times(1)), rtol=1e-5)


def test_a_norm_cannot_hide_that_an_error_is_not_finite() -> None:
    def hiding(errors: Tensor) -> Tensor:
        return errors.nan_to_num(0.0, 0.0, 0.0).abs().max()

    solution = solve(lambda t, y: torch.sqrt(0.5 - t) * y, times(1.0), times(0, 1), norm=hiding)
    assert solution.status is Status.non_finite


@pytest.mark.parametrize("gradient", MODES)
def test_tolerances_for_each_entry_leave_the_others_loose(gradient: str) -> None:
    def spin(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((torch.cos(20 * t), torch.cos(t))) + 0 * y

    y0, loose, strict = torch.zeros(2, dtype=torch.float64), times(1e2, 1e-9), times(1e-9, 1e-9)
    costs = [
        solve(spin, y0, times(0, 3), rtol=0.0, atol=atol, gradient=gradient).stats.accepted for atol in (loose, strict)
    ]
    assert costs[0] * 3 < costs[1]


def test_tensor_tolerances_of_one_value_are_as_numbers() -> None:
    as_numbers = solve(decay, times(1.0, 2.0), times(0, 1), rtol=1e-5, atol=1e-7)
    tensors = solve(decay, times(1.0, 2.0), times(0, 1), rtol=times(1e-5), atol=times(1e-7, 1e-7))
    assert torch.allclose(as_numbers.ys, tensors.ys, rtol=1e-13)


class Recorder:
    def __init__(self) -> None:
        self.told: list[tuple[str, float, float]] = []

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        self.told.append(("attempting", t, dt))

    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        self.told.append(("rejected", t, dt))

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        self.told.append(("accepted", step.t, step.dt))
        return ()


def test_a_watch_is_told_of_every_step() -> None:
    watch = Recorder()
    solution = solve(lambda t, y: torch.cos(30 * t * t) * y, times(1.0), times(0, 2), watch=watch)
    steps = solution.stats.steps
    assert solution.stats.rejected
    expected = [
        (what, step.t, step.dt)
        for step in steps
        for what in ("attempting", "accepted" if step.accepted else "rejected")
    ]
    assert watch.told == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_step": 2.0, "max_step": 1.0}, "0 <= min_step <= max_step"),
        ({"max_step": 0.0}, "max_step positive"),
        ({"forced_times": [inf]}, "forced_times must be finite"),
        ({"jump_times": [float("nan")]}, "jump_times must be finite"),
        ({"norm": "rmse"}, "no norm called 'rmse'.*Did you mean 'rms'"),
        ({"rtol": torch.ones(3)}, r"rtol must broadcast to y0's shape \(2,\)"),
        ({"rtol": torch.tensor([0.0, 1.0]), "atol": 0.0}, "both zero"),
        ({"atol": torch.tensor([-1.0, 1.0])}, "finite and not negative"),
        ({"ts": times(0, inf)}, "ts must be finite"),
    ],
)
def test_a_mistake_is_told(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(decay, times(1.0, 1.0), **({"ts": times(0, 1)} | arguments))
