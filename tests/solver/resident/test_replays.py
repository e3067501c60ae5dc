"""Solves that come again are recorded the second time and replayed, with the same outcome, while the field lives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch

from solver import coefficients, resident, solve
from solver.coefficients import constant, held_constants
from solver.resident import graphs
from tests.problems import STARTS, Perceptron
from tests.solver.resident.ways import Promised, assert_same, both, solved

MANY = STARTS.repeat(100, 1) + torch.linspace(0.0, 1.0, 300, dtype=torch.float64)[:, None]
"""Too many rows for all steps to be pulled back at once."""
ENDS = torch.tensor([0.0, 1.0], dtype=torch.float64)
INSIDE = torch.tensor([0.0, 0.2, 0.45, 1.0], dtype=torch.float64)


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch, device: str) -> list[Callable[[], None]]:
    """What was recorded. On a CPU, which has no graphs, work on its tensors stands in for its own recording."""
    made: list[Callable[[], None]] = []
    record = graphs.recorded

    def recorded(work: Callable[[], None], where: torch.device) -> Callable[[], None] | None:
        if where.type == "cpu":
            for _ in range(graphs.WARM_UPS + 1):
                work()
        replay = work if where.type == "cpu" else record(work, where)
        if replay is not None:
            made.append(replay)
        return replay

    monkeypatch.setattr(graphs, "recorded", recorded)
    return made


@pytest.mark.parametrize(
    "options",
    [{}, {"method": "rk4", "dt": 0.07}, {"method": "dop853"}, {"method": "tsit5", "controller": "PID"}],
    ids=["dopri5", "rk4", "dop853", "tsit5"],
)
@pytest.mark.parametrize("ts", [ENDS, INSIDE, INSIDE.flip(0)], ids=["ends", "inside", "falling"])
@pytest.mark.parametrize("repeats", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_a_replayed_solve_and_its_gradient_are_those_of_the_usual_way(
    options: dict[str, Any], ts: torch.Tensor, repeats: int, device: str, recordings: list[Callable[[], None]]
) -> None:
    found = both(ts, device, graphs="promised", repeats=repeats, y0=MANY, **options)
    assert_same(found)
    assert len(recordings) >= 2  # an attempt, and a step's pullback


def test_weights_may_change_between_replays(device: str, recordings: list[Callable[[], None]]) -> None:
    field = Promised(device)
    resident.allow((device,))
    for _ in range(3):
        solved(field, ENDS, device, y0=MANY)
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.mul_(1.1)
    count = len(recordings)
    assert_same(both(ENDS, device, field, graphs="promised", y0=MANY))
    assert len(recordings) == count


def test_weights_that_are_elsewhere_are_recorded_anew(device: str, recordings: list[Callable[[], None]]) -> None:
    field = Promised(device)
    assert_same(both(ENDS, device, field, graphs="promised", repeats=3, y0=MANY))
    count = len(recordings)
    field.inner = Perceptron(width=8).to(device)
    with torch.no_grad():
        field.inner.outer.bias.add_(0.3)
    assert_same(both(ENDS, device, field, graphs="promised", repeats=2, y0=MANY))
    assert len(recordings) > count


def test_states_of_as_many_numbers_but_another_shape_are_recorded_anew(
    device: str, recordings: list[Callable[[], None]]
) -> None:
    class TowardsTheMean(Promised):
        def evaluate(self, t: Any, y: torch.Tensor) -> torch.Tensor:
            return y.mean(0) - y

    field = TowardsTheMean(device)
    for shape in (MANY.shape, (150, 4)):
        y0, found = MANY.to(device).reshape(shape), []
        for devices in ((device,), (device,), ()):
            resident.allow(devices)
            with torch.no_grad():
                found.append(solve(field, y0, ENDS, method="rk4", dt=0.1).ys)
        torch.testing.assert_close(found[1], found[2])
    assert len(recordings) == 2


def test_any_module_is_replayed_where_that_is_allowed(device: str, recordings: list[Callable[[], None]]) -> None:
    field = Perceptron().to(device)
    found = both(INSIDE, device, field, graphs="all", repeats=3, y0=MANY)
    assert recordings
    resident.allow(())
    for ours, theirs in zip(found.resident.gradients, found.usual.gradients, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_field_that_is_wrapped_anew_for_each_solve_is_known_again(
    device: str, recordings: list[Callable[[], None]]
) -> None:
    class Doubled(Promised):
        def __init__(self, inner: Promised) -> None:
            super().__init__()
            self.inner, self.made_from = inner.inner, inner

        def repeats(self) -> object:
            return self.made_from

    field = Promised(device)
    resident.allow((device,))
    found = [solved(each, ENDS, device, y0=MANY) for each in (field, field, Doubled(field), Doubled(field))]
    assert len(recordings) == 4  # an attempt and a pullback of each class
    torch.testing.assert_close(found[0].gradients, found[-1].gradients)


@pytest.mark.parametrize(("promises", "allowed"), [(False, "promised"), (True, "none")])
def test_nothing_else_is_replayed(
    promises: bool, allowed: resident.Graphs, device: str, recordings: list[Callable[[], None]]
) -> None:
    field = (Promised(device) if promises else Perceptron()).to(device)
    resident.allow((device,), allowed)
    for _ in range(3):
        solved(field, ENDS, device, y0=MANY)
    assert not recordings


def test_what_cannot_be_recorded_is_not_tried_again(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(graphs, "recorded", lambda work, where: tried.append(work))
    assert_same(both(ENDS, device, graphs="promised", repeats=4, y0=MANY))
    assert len(tried) == 2


def test_large_states_are_not_recorded(
    monkeypatch: pytest.MonkeyPatch, device: str, recordings: list[Callable[[], None]]
) -> None:
    monkeypatch.setattr("solver.resident.choosing.SMALL", MANY.numel() - 1)
    assert_same(both(ENDS, device, graphs="promised", repeats=3, y0=MANY))
    assert not recordings


def test_a_solve_inside_another_of_the_same_field_gets_tensors_of_its_own(recordings: list[Callable[[], None]]) -> None:
    field, inner = Promised(), []

    class Nested(Promised):
        def evaluate(self, t: Any, y: torch.Tensor) -> torch.Tensor:
            if len(inner) < 40:
                inner.append(None)
                solve(self, y, ENDS, method="rk4", dt=0.5)
            return super().evaluate(t, y)

    nested = Nested()
    resident.allow(("cpu",))
    for _ in range(3):
        with torch.no_grad():
            found = solve(nested, MANY, ENDS, method="rk4", dt=0.5)
    resident.allow(())
    with torch.no_grad():
        assert torch.equal(found.ys, solve(field, MANY, ENDS, method="rk4", dt=0.5).ys)


def test_coefficients_that_were_asked_for_can_be_held() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    with held_constants() as held:
        asked = constant((0.123, 0.456), like)
    constant((0.789,), like)
    assert len(held) == 1
    assert held[0] is asked


@pytest.mark.cuda
def test_a_recording_keeps_what_it_reads() -> None:
    field = Promised("cuda")
    resident.allow()
    first = solved(field, INSIDE, "cuda", y0=MANY)
    for _ in range(2):
        solved(field, INSIDE, "cuda", y0=MANY)
    coefficients._made.cache_clear()
    gc.collect()
    torch.cuda.empty_cache()
    waste = [torch.full((size,), torch.nan, device="cuda") for size in (1, 8, 64, 512, 4096, 2**20) for _ in range(50)]
    again = solved(field, INSIDE, "cuda", y0=MANY)
    torch.testing.assert_close(first.gradients, again.gradients)
    assert len(waste) == 300


@pytest.mark.cuda
def test_recordings_go_with_their_field() -> None:
    field = Promised("cuda")
    resident.allow()
    for _ in range(3):
        solved(field, ENDS, "cuda", y0=MANY)
    gone = weakref.ref(field)
    del field
    gc.collect()
    assert gone() is None
