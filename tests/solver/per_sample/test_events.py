"""Events of each sample: found where closed forms put them, ending their own sample alone, differentiable."""

from __future__ import annotations

from math import pi

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solver import METHODS, Event, Status, solve
from solver.method import Method, RungeKutta
from solver.per_sample.roots import bracketed_roots
from solver.root import bracketed_root

MODES = ["checkpointed", "direct"]
ADAPTIVE = [method for method in METHODS if isinstance(method, RungeKutta) and method.adaptive and method.order > 3]
ANGLES = torch.tensor([0.0, 0.3, 1.2, -2.0], dtype=torch.float64)


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


def harmonic(t: Tensor, y: Tensor) -> Tensor:
    """y'' = -y; from (cos a, -sin a) it is (cos(t + a), -sin(t + a))."""
    return torch.stack((y[..., 1], -y[..., 0]), -1)


def on_circle(angles: Tensor) -> Tensor:
    return torch.stack((torch.cos(angles), -torch.sin(angles)), -1)


def across(t: Tensor, y: Tensor) -> Tensor:
    return y[:, 0]


class Thrown(torch.nn.Module):
    """Balls with height and speed, under gravity. From the ground at speed v one lands at t = 2 v / g, at speed -v."""

    def __init__(self) -> None:
        super().__init__()
        self.gravity = torch.nn.Parameter(tensor(9.81))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return torch.cat((y[:, 1:], -self.gravity.expand(len(y), 1)), 1)


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_each_sample_meets_the_zeros_of_its_own_cosine_within_ten_atol(method: Method) -> None:
    atol, event = 1e-9, Event(across, terminal=False)
    how = {"method": method, "rtol": 1e-10, "atol": 1e-11, "events": event, "per_sample": True}
    met = solve(harmonic, on_circle(ANGLES), tensor(0, 12), **how).samples.events
    for place, angle in enumerate(ANGLES.tolist()):
        expected = [n * pi + pi / 2 - angle for n in range(-5, 10) if 0 < n * pi + pi / 2 - angle < 12]
        assert met.t[met.sample == place].tolist() == pytest.approx(expected, abs=10 * atol)
    assert met.y[:, 0].abs().max() < 1e-12  # on the dense output, whose own error the tolerance governs


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["rising", "falling"])
def test_a_terminal_event_ends_its_own_sample_alone(sign: float) -> None:
    ts = sign * tensor(0, 0.2, 0.5, 1, 1.5, 3)
    height = Event(lambda t, y: y[:, 0] - y[:, 2])
    levels = tensor(0.9, -0.5, 5.0)
    y0 = torch.cat((on_circle(torch.zeros(3, dtype=torch.float64)), levels[:, None]), 1)

    def field(t: Tensor, y: Tensor) -> Tensor:
        return torch.cat((harmonic(t, y[:, :2]), torch.zeros_like(y[:, 2:])), 1)

    solution = solve(field, y0, ts, rtol=1e-9, atol=1e-9, events=height, per_sample=True)
    exact = torch.cos(ts)
    assert solution.samples.statuses == (Status.event, Status.event, Status.success)
    assert solution.status is Status.success and solution.status.ok
    assert solution.samples.reached.tolist() == [1, 4, 5]
    assert torch.allclose(solution.samples.events.t, sign * torch.acos(levels[:2]), atol=1e-7)
    assert solution.samples.events.sample.tolist() == [0, 1]
    for place, reached in enumerate(solution.samples.reached.tolist()):
        assert torch.allclose(solution.ys[: reached + 1, place, 0], exact[: reached + 1], atol=1e-7)
        assert solution.ys[reached + 1 :, place].isnan().all()


@pytest.mark.parametrize(("direction", "expected"), [("both", 3), ("rising", 1), ("falling", 2)])
def test_an_event_counts_in_its_direction(direction: str, expected: int) -> None:
    event = Event(across, terminal=False, direction=direction)
    y0 = on_circle(torch.zeros(5, dtype=torch.float64))
    met = solve(harmonic, y0, tensor(0, 10), events=event, per_sample=True).samples.events
    assert torch.bincount(met.sample).tolist() == [expected] * 5


def test_several_events_come_in_order_up_to_the_first_terminal_one_of_the_sample() -> None:
    events = [
        Event(lambda t, y: y[:, 1], direction="rising"),  # where the angle is π: ends
        Event(across, terminal=False),
        Event(lambda t, y: t.squeeze(-1) - 1.0, terminal=False),
        Event(lambda t, y: t - 4.0),
    ]
    y0 = on_circle(tensor(0, 1))
    met = solve(harmonic, y0, tensor(0, 20), rtol=1e-9, atol=1e-9, events=events, per_sample=True).samples.events
    assert met.sample.tolist() == [0, 0, 0, 1, 1, 1]
    assert met.event.tolist() == [2, 1, 0, 1, 2, 0]
    assert torch.allclose(met.t, tensor(1, pi / 2, pi, pi / 2 - 1, 1, pi - 1), atol=1e-7)


def test_samples_with_events_fare_alone_as_together() -> None:
    generator = torch.Generator().manual_seed(0)
    y0 = torch.randn(64, 2, generator=generator, dtype=torch.float64)
    how = {"events": Event(lambda t, y: y[:, 0] - 0.1), "per_sample": True, "rtol": 1e-6, "atol": 1e-6}
    together = solve(harmonic, y0, tensor(0, 3, 6), **how)
    for place in (0, 17, 63):
        alone = solve(harmonic, y0[place : place + 1], tensor(0, 3, 6), **how)
        assert alone.samples.statuses[0] is together.samples.statuses[place]
        mine = together.samples.events.sample == place
        assert torch.allclose(alone.samples.events.t, together.samples.events.t[mine], atol=1e-12)
        for count in ("accepted", "rejected", "nfe", "reached"):
            assert getattr(alone.samples, count).item() == getattr(together.samples, count)[place].item()


def test_the_last_time_may_be_infinite_until_every_sample_is_ended() -> None:
    y0 = torch.stack((torch.zeros(6), torch.arange(1.0, 7.0)), 1).double()
    height = Event(across, direction="falling")
    solution = solve(Thrown(), y0, tensor(0, float("inf")), events=height, per_sample=True)
    assert torch.allclose(solution.samples.events.t, 2 * y0[:, 1] / 9.81)
    assert all(status is Status.event for status in solution.samples.statuses)


def test_events_change_no_saved_state() -> None:
    ts = torch.linspace(0, 3, 7, dtype=torch.float64)
    plain = solve(harmonic, on_circle(ANGLES), ts, per_sample=True)
    watched = solve(harmonic, on_circle(ANGLES), ts, events=Event(across, terminal=False), per_sample=True)
    assert watched.stats == plain.stats
    assert torch.equal(watched.ys, plain.ys)


@pytest.mark.parametrize("mode", MODES)
def test_landing_has_the_gradients_of_the_closed_form(mode: str) -> None:
    field, speeds = Thrown(), tensor(7, 3, 12).requires_grad_()
    y0 = torch.stack((torch.zeros_like(speeds), speeds), 1)
    how = {"events": Event(across, direction="falling"), "gradient": mode, "rtol": 1e-9, "atol": 1e-9}
    met = solve(field, y0, tensor(0, 10), per_sample=True, **how).samples.events
    assert torch.allclose(met.t, 2 * speeds / 9.81)
    of_speed, of_gravity = torch.autograd.grad(met.t.sum(), (speeds, field.gravity), retain_graph=True)
    assert torch.allclose(of_speed, torch.full_like(speeds, 2 / 9.81))
    assert of_gravity.item() == pytest.approx(-2 * 22 / 9.81**2)
    of_speed, of_gravity = torch.autograd.grad(met.y[:, 1].sum(), (speeds, field.gravity))
    assert torch.allclose(of_speed, -torch.ones_like(speeds))
    assert of_gravity.item() == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", pytest.param("dop853", marks=pytest.mark.slow)])
def test_gradients_of_events_match_those_of_each_sample_solved_alone(method: str, mode: str) -> None:
    rate, level = tensor(0.7).requires_grad_(), tensor(-0.05).requires_grad_()
    y0 = tensor(1.1, 0.2, 0.7, -0.9, 1.5, 0.3).view(3, 2).requires_grad_()
    weight = torch.randn(20, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    how = {"method": method, "rtol": 1e-9, "atol": 1e-9, "parameters": (rate,)}

    def field(t: Tensor, y: Tensor) -> Tensor:
        along = torch.cos(t) if t.dim() == 0 else torch.cos(t.squeeze(-1))
        return torch.stack((y[:, 1], -y[:, 0] - 0.2 * rate.squeeze() * y[:, 1] * along), 1)

    events = [
        Event(lambda t, y: y[:, 0] * y[:, 1] - level * t.reshape(-1), terminal=False),
        Event(lambda t, y: y[:, 1] - 2 * level, direction="rising"),
    ]

    def gradients(t: list[Tensor], y: list[Tensor]) -> Tensor:
        parts = torch.cat((torch.stack(t)[:, None], torch.stack(y)), 1)
        loss = (weight[: len(parts)] * parts).sum()
        return torch.cat([x.flatten() for x in torch.autograd.grad(loss, (y0, rate, level))])

    met = solve(field, y0, tensor(0, 8), events=events, gradient=mode, per_sample=True, **how).samples.events
    alone = [
        record for n in range(3) for record in solve(field, y0[n : n + 1], tensor(0, 8), events=events, **how).events
    ]
    assert len(met.t) == len(alone) > 3
    expected = gradients([record.t for record in alone], [record.y[0] for record in alone])
    assert torch.allclose(gradients(list(met.t), list(met.y)), expected, rtol=1e-5, atol=1e-6)


@given(
    roots=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    power=st.sampled_from([1, 3, 9]),
    slope=st.sampled_from([-1e-8, 1.0, 1e8]),
)
@settings(deadline=None, max_examples=30)
def test_many_bracketed_roots_are_those_found_one_by_one(roots: list[float], power: int, slope: float) -> None:
    at = tensor(*roots)

    def function(x: Tensor) -> Tensor:
        return slope * (x - at) ** power

    a, b = torch.full_like(at, -0.5), torch.full_like(at, 1.5)
    found = bracketed_roots(function, a, function(a), b, function(b))
    for root, mine in zip(roots, found.tolist(), strict=True):

        def alone(x: float, root: float = root) -> float:
            return slope * (x - root) ** power

        expected = bracketed_root(alone, -0.5, alone(-0.5), 1.5, alone(1.5))
        assert mine == pytest.approx(expected, abs=1e-15 if power == 1 else 1e-4)
