"""Events: found where closed forms put them, in the asked direction, with the gradient of the implicit function."""

from __future__ import annotations

from math import pi, sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solver import METHODS, Event, Status, solve
from solver.method import Method
from solver.root import bracketed_root

MODES = ["checkpointed", "direct", "backsolve"]
ADAPTIVE = [method for method in METHODS if method.adaptive and method.order > 3]


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def harmonic(t: Tensor, y: Tensor) -> Tensor:
    """y'' = -y; from (1, 0) it is (cos t, -sin t)."""
    return torch.stack((y[..., 1], -y[..., 0]), -1)


class Thrown(torch.nn.Module):
    """A ball with height and speed, under gravity. From the ground at speed v it lands at t = 2 v / g, at speed -v."""

    def __init__(self, gravity: float = 9.81) -> None:
        super().__init__()
        self.gravity = torch.nn.Parameter(tensor(gravity))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return torch.cat((y[1:], -self.gravity))


def height(t: Tensor, y: Tensor) -> Tensor:
    return y[0]


def by_name(method: Method) -> str:
    return method.name


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_zeros_of_the_cosine_are_found_within_ten_atol(method: Method) -> None:
    atol = 1e-9
    event = Event(height, terminal=False)
    found = solve(harmonic, tensor(1, 0), tensor(0, 20), method=method, rtol=1e-11, atol=1e-12, events=event).events
    assert len(found) == 6
    for n, record in enumerate(found):
        assert record.t.item() == pytest.approx((n + 0.5) * pi, abs=10 * atol)
        assert abs(record.y[0].item()) < 1e-12  # on the dense output, whose own error the tolerance governs


@pytest.mark.parametrize("ts", [tensor(0, 1, 10), -tensor(0, 1, 10)], ids=["rising", "falling"])
@pytest.mark.parametrize(("direction", "expected"), [("both", 3), ("rising", 1), ("falling", 2)])
def test_an_event_counts_in_its_direction_as_the_solve_runs(direction: str, expected: int, ts: Tensor) -> None:
    event = Event(height, terminal=False, direction=direction)
    found = solve(harmonic, tensor(1, 0), ts, rtol=1e-8, events=event).events
    assert len(found) == expected
    assert [round(abs(record.t.item()) / pi - 0.5) % 2 for record in found] == {
        "both": [0, 1, 0],
        "rising": [1],
        "falling": [0, 0],
    }[direction]


@pytest.mark.parametrize("mode", MODES)
def test_a_terminal_event_ends_the_solve_and_the_rows_after_it_are_nan(mode: str) -> None:
    ts = tensor(0, 0.5, 1, 1.5, 1.7, 3, 8)
    solution = solve(harmonic, tensor(1, 0), ts, events=height, gradient=mode)
    assert solution.status is Status.event and solution.status.ok
    assert solution.reached == 3
    assert solution.ys.shape == (7, 2)
    assert solution.ys[4:].isnan().all()
    assert torch.allclose(solution.ys[:4, 0], torch.cos(ts[:4]), atol=1e-5)
    (record,) = solution.events
    assert record.index == 0
    assert record.t.item() == pytest.approx(pi / 2, abs=1e-5)
    assert torch.allclose(record.y, tensor(0, -1), atol=1e-5)


def test_several_events_come_in_order_up_to_the_first_terminal_one() -> None:
    events = [
        Event(lambda t, y: y[1], direction="rising"),  # at π, ends
        Event(height, terminal=False),  # at π / 2, 3π / 2, …
        Event(lambda t, y: t - 1.0, terminal=False),
        Event(lambda t, y: t - 4.0),
    ]
    solution = solve(harmonic, tensor(1, 0), tensor(0, 20), rtol=1e-9, atol=1e-9, events=events)
    assert [record.index for record in solution.events] == [2, 1, 0]
    assert torch.allclose(torch.stack([r.t for r in solution.events]), tensor(1, pi / 2, pi), atol=1e-7)


def test_events_cost_no_evaluation_and_change_no_saved_state() -> None:
    ts = torch.linspace(0, 3, 7, dtype=torch.float64)
    plain = solve(harmonic, tensor(1, 0), ts)
    watched = solve(harmonic, tensor(1, 0), ts, events=Event(height, terminal=False))
    assert watched.stats == plain.stats
    assert torch.equal(watched.ys, plain.ys)


def test_two_crossings_in_one_step_are_not_missed() -> None:
    """A parabola is exact for these methods, whose steps then grow without bound; it is above 5 for a while only."""
    event = Event(lambda t, y: y[0] - 5.0, terminal=False)
    solution = solve(Thrown(10.0), tensor(0, 11), tensor(0, 2.2), events=event, dt=2.2)
    assert solution.stats.accepted == 1
    assert [record.t.item() for record in solution.events] == pytest.approx(
        [(11 - sqrt(21)) / 10, (11 + sqrt(21)) / 10]
    )


def test_an_event_at_the_start_is_not_found_there_so_that_a_solve_can_go_on_from_it() -> None:
    """A ball that bounces: speed halves, so flights last 2 v / g, v / g, v / 2g, …"""
    gravity, y, t, bounces = 10.0, tensor(0, 20), 0.0, []
    for _ in range(4):
        solution = solve(Thrown(gravity), y, tensor(t, t + 100), events=Event(height, direction="falling"))
        (record,) = solution.events
        t, y = record.t.item(), record.y.detach() * tensor(0, -0.5)
        bounces.append(t)
    assert bounces == pytest.approx([4.0, 6.0, 7.0, 7.5], abs=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_the_time_and_state_of_landing_have_the_gradients_of_the_closed_form(mode: str) -> None:
    field = Thrown()
    speed = torch.tensor(7.0, dtype=torch.float64, requires_grad=True)
    y0 = torch.stack((torch.zeros_like(speed), speed))
    event = Event(height, direction="falling")
    solution = solve(field, y0, tensor(0, 10), events=event, gradient=mode, rtol=1e-9, atol=1e-9)
    (record,) = solution.events
    of_speed, of_gravity = torch.autograd.grad(record.t, (speed, field.gravity), retain_graph=True)
    assert record.t.item() == pytest.approx(2 * 7 / 9.81)
    assert of_speed.item() == pytest.approx(2 / 9.81)
    assert of_gravity.item() == pytest.approx(-2 * 7 / 9.81**2)
    of_speed, of_gravity = torch.autograd.grad(record.y[1], (speed, field.gravity))
    assert of_speed.item() == pytest.approx(-1.0)
    assert of_gravity.item() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", "dop853", "rk4", "ab3"])
def test_gradients_of_events_match_finite_differences(method: str, mode: str) -> None:
    weight = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def outcome(parts: Tensor) -> Tensor:
        y0, level, rate = parts[:2], parts[2], parts[3:4]

        def field(t: Tensor, y: Tensor) -> Tensor:
            return torch.stack((y[1], -y[0] - 0.2 * rate.squeeze() * y[1] * torch.cos(t)))

        events = [
            Event(lambda t, y: y[0] * y[1] - level * t, terminal=False),
            Event(lambda t, y: y[1] - 2 * level, direction="rising"),
        ]
        how = {"dt": 0.02} if method in ("rk4", "ab3") else {"rtol": 1e-11, "atol": 1e-11}
        found = solve(
            field, y0, tensor(0, 20), method=method, gradient=mode, parameters=(rate,), events=events, **how
        ).events
        assert len(found) == 3
        return sum(
            (w * torch.cat((r.t[None], r.y, r.t[None] * r.y[:1]))).sum() for w, r in zip(weight, found, strict=True)
        )

    at = tensor(1.1, 0.2, -0.05, 0.7).requires_grad_()
    (gradient,) = torch.autograd.grad(outcome(at), at)
    with torch.no_grad():
        units = 1e-4 * torch.eye(4, dtype=torch.float64)
        differences = torch.stack([(outcome(at + unit) - outcome(at - unit)) / 2e-4 for unit in units])
    assert torch.allclose(gradient, differences, rtol=1e-4, atol=1e-5)


def test_the_event_time_moves_with_the_first_time() -> None:
    ts = tensor(0.3, 9).requires_grad_()
    record = solve(harmonic, tensor(1, 0), ts, events=height).events[0]
    (gradient,) = torch.autograd.grad(record.t, ts)
    assert torch.allclose(gradient, tensor(1, 0))


def test_other_rows_keep_their_gradient_when_events_lie_between_them() -> None:
    ts, y0 = torch.linspace(0, 4, 9, dtype=torch.float64), tensor(1, 0.5)

    def gradient(events: tuple[Event, ...]) -> Tensor:
        start, moving = y0.clone().requires_grad_(), ts.clone().requires_grad_()
        ys = solve(harmonic, start, moving, events=events).ys
        return torch.cat(torch.autograd.grad((ys * torch.arange(9.0)[:, None]).sum(), (start, moving)))

    assert torch.allclose(gradient((Event(height, terminal=False),)), gradient(()), atol=1e-12)


@given(level=st.floats(-0.99, 0.99), batch=st.integers(1, 3), tolerance=st.sampled_from([1e-5, 1e-8]))
@settings(max_examples=25, deadline=None)
def test_any_level_of_the_cosine_is_met_first_at_its_arc_cosine(level: float, batch: int, tolerance: float) -> None:
    y0 = tensor(1, 0).expand(batch, 2)
    event = Event(lambda t, y: y[:, 0].mean() - level)
    (record,) = solve(harmonic, y0, tensor(0, 10), rtol=tolerance, atol=tolerance, events=event).events
    exact = torch.acos(torch.tensor(level, dtype=torch.float64)).item()
    slope = sqrt(1 - level**2)
    assert record.t.item() == pytest.approx(exact, abs=20 * tolerance / slope)
    assert record.y.shape == (batch, 2)


@given(root=st.floats(0.0, 1.0), power=st.sampled_from([1, 3, 9]), slope=st.sampled_from([-1e-8, 1.0, 1e8]))
def test_a_bracketed_root_is_found_to_rounding_wherever_it_is(root: float, power: int, slope: float) -> None:
    calls = []

    def function(x: float) -> float:
        calls.append(x)
        return slope * ((x - root) ** power)

    found = bracketed_root(function, -0.5, function(-0.5), 1.5, function(1.5))
    assert abs(found - root) < 1e-15 if power == 1 else abs(found - root) < 1e-4
    assert len(calls) < 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Event(height, direction="up"), "both, rising, falling"),
        (lambda: Event(3.0), "condition"),
        (lambda: Event(height, looks=0), "at least 1"),
        (lambda: solve(harmonic, tensor(1, 0), tensor(0, 1), events=lambda t, y: y), "one entry"),
    ],
)
def test_events_that_cannot_work_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
