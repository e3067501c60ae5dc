"""Times of independent steps: gradients in them, steps that have to end at some, and fields that jump at others."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from solver import METHODS, Event, Status, solve
from solver.method import Method, RungeKutta
from tests.problems import MODULATED, STARTS, Linear

ADAPTIVE = [method for method in METHODS if isinstance(method, RungeKutta) and method.adaptive]
MODES = ["checkpointed", "direct"]
TIMES = torch.tensor([0.1, 0.1, 0.5, 0.9, 2.0], dtype=torch.float64)
OWN_TIMES = torch.stack((TIMES, 1.5 * TIMES, 1 - TIMES), 1)
TIGHT = {"rtol": 1e-11, "atol": 1e-11}


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


class Switched(torch.nn.Module):
    """y' = rate · y with a rate that jumps at t = 1 and t = 2: y(t) = y0 exp(∫ rate)."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = torch.nn.Parameter(tensor(-1.0, 2.0, -0.5))
        self.asked_at: list[Tensor] = []

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        self.asked_at.append(t.detach().flatten())
        rate = torch.where(t < 1, self.rates[0], torch.where(t < 2, self.rates[1], self.rates[2]))
        return rate * y

    def exact(self, y0: Tensor, ts: Tensor) -> Tensor:
        """The solution (times, batch, 1) at ts (times, batch)."""
        return y0 * torch.exp(self._integral(ts) - self._integral(ts[0])).unsqueeze(-1)

    def _integral(self, t: Tensor) -> Tensor:
        first, second = t.clamp(max=1), t.clamp(1, 2) - 1
        return self.rates[0] * first + self.rates[1] * second + self.rates[2] * (t.clamp(min=2) - 2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ts", [TIMES, OWN_TIMES], ids=["shared", "own"])
def test_gradients_in_times_match_the_closed_form(ts: Tensor, mode: str) -> None:
    field, weight = Linear(), torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def gradient(ys: Tensor, times: Tensor) -> Tensor:
        return torch.autograd.grad((weight * ys).sum(), times)[0]

    times = ts.clone().requires_grad_()
    found = gradient(solve(field, STARTS, times, gradient=mode, per_sample=True, **TIGHT).ys, times)
    columns = times if ts.dim() == 2 else times[:, None].expand(-1, 3)
    exact = torch.cat([field.exact(STARTS[n : n + 1], columns[:, n]) for n in range(3)], 1)
    assert torch.allclose(found, gradient(exact, times), atol=1e-8)


def test_rows_that_were_not_reached_give_no_gradient_to_their_times() -> None:
    ts, y0 = tensor(0, 0.5, 2).requires_grad_(), tensor(-1, 1)[:, None]
    ys = solve(lambda t, y: y * y, y0, ts, per_sample=True, max_steps=150, **TIGHT).ys
    (gradient,) = torch.autograd.grad(ys[:2].sum() + ys[2, 0].sum(), ts)
    exact = y0 / (1 - y0 * ts.detach())
    assert torch.allclose(gradient[1:], torch.stack((exact[:, 1].square().sum(), exact[0, 2].square())), atol=1e-8)


def test_called_solutions_and_events_move_with_the_first_time() -> None:
    def field(t: Tensor, y: Tensor) -> Tensor:
        return torch.ones_like(y)

    ts = tensor(0.3, 9).requires_grad_()
    how = {"per_sample": True, "dense": True, "events": Event(lambda t, y: y - 2, terminal=False)}
    solution = solve(field, tensor(0, 1)[:, None], ts, **how)
    assert torch.allclose(torch.autograd.grad(solution(4.0).sum(), ts, retain_graph=True)[0], tensor(-2, 0))
    assert torch.allclose(torch.autograd.grad(solution.samples.events.t[1], ts)[0], tensor(1, 0))


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_steps_end_at_forced_times_as_those_of_the_shared_solver(method: Method) -> None:
    forced, ts = (0.31, 1.7, 0.9, 5.0, 0.9), tensor(0, 0.5, 2)
    how = {"method": method, "rtol": 1e-4, "atol": 1e-5, "forced_times": forced}
    alone = solve(MODULATED.field, STARTS[:1], ts, **how)
    steps = solve(MODULATED.field, STARTS[:1], ts, per_sample=True, **how).samples.steps
    assert torch.allclose(steps.dt, tensor(*(step.dt for step in alone.stats.steps)), rtol=1e-4)
    ends = (steps.t + steps.dt)[steps.accepted]
    assert all((ends - stop).abs().min() < 1e-15 for stop in (0.31, 0.9, 1.7))


def test_each_sample_stops_at_the_forced_times_on_its_own_way() -> None:
    ts = torch.stack((tensor(0, 3), tensor(2, 0.5), tensor(1, 1)), 1)
    solution = solve(MODULATED.field, STARTS, ts, forced_times=(0.7, 1.9), per_sample=True)
    steps = solution.samples.steps
    ends = steps.t + steps.dt
    for place, stops in ((0, (0.7, 1.9, 3.0)), (1, (1.9, 0.7, 0.5))):
        mine = ends[(steps.sample == place) & steps.accepted]
        assert all((mine - stop).abs().min() < 1e-15 for stop in stops)
    assert solution.samples.accepted[2] == 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", "dop853"])
def test_fields_that_jump_are_solved_from_jump_to_jump(method: str, mode: str) -> None:
    ts = torch.stack((tensor(0, 0.5, 1, 1.5, 3), tensor(2.5, 2, 1.2, 1, 0.3), tensor(1.1, 1.2, 1.3, 1.3, 1.9)), 1)
    field, tolerance = Switched(), 1e-10
    y0 = tensor(1, -2, 0.5)[:, None].requires_grad_()
    how = {"method": method, "gradient": mode, "rtol": tolerance, "atol": tolerance}
    solution = solve(field, y0, ts, jump_times=(1.0, 2.0), per_sample=True, **how)
    assert solution.status is Status.success
    assert solution.samples.rejected.sum() <= 3 * 3  # at first steps alone: no step meets a jump
    assert not torch.isin(torch.cat(field.asked_at), tensor(1, 2)).any()
    assert torch.allclose(solution.ys, field.exact(y0, ts), atol=20 * tolerance)
    weight = torch.arange(1.0, 16.0, dtype=torch.float64).view(5, 3, 1)
    found = torch.autograd.grad((weight * solution.ys).sum(), (y0, field.rates))
    exact = torch.autograd.grad((weight * field.exact(y0, ts)).sum(), (y0, field.rates))
    for mine, expected in zip(found, exact, strict=True):
        assert torch.allclose(mine, expected, atol=3e3 * tolerance)


def test_a_solve_with_jumps_is_known_at_all_times_and_its_events_come_in_order() -> None:
    field, y0 = Switched(), tensor(1, 3)[:, None]
    events = [Event(lambda t, y: y - 1.0, terminal=False), Event(lambda t, y: t - 1.0, terminal=False)]
    how = {"jump_times": (1.0, 2.0), "dense": True, "events": events, "per_sample": True}
    with torch.no_grad():
        solution = solve(field, y0, tensor(0, 3), **how, **TIGHT)
        asked = torch.linspace(0, 3, 61, dtype=torch.float64)[:, None].expand(-1, 2)
        assert torch.allclose(solution(asked), field.exact(y0, asked), atol=1e-9)
    met = solution.samples.events
    assert met.sample.tolist() == [0, 0, 1]
    assert met.event.tolist() == [1, 0, 1]
    assert torch.allclose(met.t, tensor(1, 1.5, 1), atol=1e-9)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("method", ["dopri5", "kvaerno5"])
def test_trouble_before_a_jump_is_a_status_and_the_gradient_of_what_was_found(method: str, dense: bool) -> None:
    y0 = STARTS.clone().requires_grad_()
    how = {"method": method, "dense": dense, "rtol": 1e-9, "max_steps": 3}
    solution = solve(lambda t, y: -y, y0, tensor(0, 1e-9, 2), per_sample=True, jump_times=[1.0], **how)
    assert solution.status is Status.max_steps and solution.reached == 1
    assert torch.equal(torch.autograd.grad(solution.ys[0].sum(), y0)[0], torch.ones_like(y0))


def test_a_jump_reached_with_the_very_last_step_allowed_ends_the_solve() -> None:
    ts = tensor(0, 1, 2)
    allowed = solve(MODULATED.field, STARTS[:1], ts[:2], per_sample=True).stats.accepted
    how = {"per_sample": True, "jump_times": [1.0], "max_steps": allowed}
    solution = solve(MODULATED.field, STARTS[:1], ts, **how)
    assert solution.status is Status.max_steps and solution.reached == 1
    assert solution.ys[:2].isfinite().all() and solution.ys[2].isnan().all()


def test_steps_before_a_jump_count_against_the_most_that_are_allowed() -> None:
    ts, y0 = tensor(0, 0.9, 1.5, 3), tensor(1, 5)[:, None]
    free = solve(Switched(), y0, ts, jump_times=(1.0, 2.0), per_sample=True)
    needed = int((free.samples.accepted + free.samples.rejected).min())
    short = solve(Switched(), y0, ts, jump_times=(1.0, 2.0), per_sample=True, max_steps=needed - 1)
    assert short.samples.statuses == (Status.max_steps, Status.max_steps)
    assert (short.samples.accepted + short.samples.rejected).tolist() == [needed - 1] * 2
    assert short.samples.reached.tolist() == [2, 2]
    assert short.ys[3].isnan().all() and torch.equal(short.ys[:3], free.ys[:3])
