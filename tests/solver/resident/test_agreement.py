"""Resident solves and usual ones: the same steps, states, statuses, statistics and gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from solver import CONTROLLERS, METHODS, FixedController, PIDController, RungeKutta, Status, resident, solve
from solver.resident.integration import ResidentIntegration
from tests.problems import STARTS, Perceptron
from tests.solver.resident.ways import Promised, assert_same, both

TS = torch.linspace(0.0, 1.0, 5, dtype=torch.float64)
EXPLICIT = [method for method in METHODS if isinstance(method, RungeKutta)]


def float64(*times: float) -> Tensor:
    return torch.tensor(times, dtype=torch.float64)


@pytest.fixture
def integrations(monkeypatch: pytest.MonkeyPatch) -> list[ResidentIntegration]:
    """Those that are made."""
    made: list[ResidentIntegration] = []
    run = ResidentIntegration.run
    monkeypatch.setattr(ResidentIntegration, "run", lambda self: made.append(self) or run(self))
    return made


@pytest.mark.parametrize("method", EXPLICIT, ids=lambda method: method.name)
def test_every_explicit_method_makes_the_same_steps(
    method: RungeKutta, device: str, integrations: list[ResidentIntegration]
) -> None:
    assert_same(both(TS, device, method=method, **({} if method.adaptive else {"dt": 0.13})))
    assert len(integrations) == 1


@pytest.mark.parametrize("controller", [each for each in CONTROLLERS if each.adaptive], ids=lambda each: each.name)
@pytest.mark.parametrize("times", [(0.0, 8.0), (0.0, 3.1, 8.0)], ids=["ends", "inside"])
def test_every_controller_chooses_the_same_sizes(
    controller: PIDController, times: tuple[float, ...], device: str
) -> None:
    assert_same(both(float64(*times), device, controller=controller, rtol=1e-8, atol=1e-9), gradients=1e-6)


def test_an_adaptive_method_may_take_equal_steps(device: str) -> None:
    assert_same(both(TS, device, controller=FixedController(), dt=0.3))


@pytest.mark.parametrize("norm", ["rms", "max", "sample"])
@pytest.mark.parametrize("method", ["dopri5", "dop853"])
def test_every_norm_sizes_errors_alike(norm: str, method: str, device: str) -> None:
    assert_same(both(TS, device, norm=norm, method=method))


@pytest.mark.parametrize(
    "times",
    [[1.0, 0.4, -0.5], [0.0, 0.0, 0.5, 0.5, 1.0, 1.0], [0.0, 0.0], [2.0, 2.0, 1.0], [0.0, 1.0]],
    ids=["falling", "repeated", "nowhere", "falling and repeated", "ends"],
)
@pytest.mark.parametrize("options", [{}, {"method": "rk4", "dt": 0.07}], ids=["dopri5", "rk4"])
def test_times_may_fall_and_repeat(times: list[float], options: dict[str, Any], device: str) -> None:
    assert_same(both(float64(*times), device, **options))


@pytest.mark.parametrize(
    "options",
    [{}, {"method": "rk4", "dt": 0.07}, {"method": "rk4"}, {"method": "tsit5", "dt": 0.5}],
    ids=["dopri5", "rk4", "rk4 from stop to stop", "tsit5"],
)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
def test_steps_end_at_the_forced_times(options: dict[str, Any], backward: bool, device: str) -> None:
    ts = TS.flip(0) if backward else TS
    found = both(ts, device, forced_times=(0.21, 0.5, 0.77, 3.0), **options)
    assert_same(found)
    ends = {round(step.t + step.dt, 12) for step in found.resident.solution.stats.steps}
    assert {0.21, 0.5, 0.77} <= ends


@pytest.mark.parametrize("gradient", ["backsolve", "interpolated"])
def test_other_ways_to_a_gradient_go_on_from_there(gradient: str, device: str) -> None:
    assert_same(both(TS, device, gradient=gradient, method="dopri5"))


def test_limits_of_the_step_size_are_kept(device: str) -> None:
    assert_same(both(TS, device, min_step=0.3, max_step=0.4))
    assert_same(both(TS, device, max_step=0.02, dt=0.01))


@pytest.mark.parametrize("options", [{"max_steps": 3}, {"method": "rk4", "dt": 0.3, "max_steps": 2}], ids=str)
def test_steps_that_run_out_are_told_alike(options: dict[str, Any], device: str) -> None:
    found = both(float64(0.0, 0.1, 9.0, 10.0), device, **options)
    assert found.resident.solution.status is Status.max_steps
    assert_same(found)


@pytest.mark.parametrize("start", [3.0, 1e200, float("inf"), float("nan")])
@pytest.mark.parametrize("options", [{}, {"method": "rk4", "dt": 0.1}, {"norm": "max"}], ids=str)
def test_a_blow_up_is_the_same_status(start: float, options: dict[str, Any], device: str) -> None:
    found = []
    for devices in ((device,), ()):
        resident.allow(devices)
        y0 = torch.full((3, 1), start, dtype=torch.float64, device=device)
        found.append(solve(lambda t, y: y**3, y0, TS, **options))
    ours, theirs = found
    assert (ours.status, ours.reached) == (theirs.status, theirs.reached)
    assert not ours.status.ok
    assert ours.stats.accepted == theirs.stats.accepted
    assert torch.equal(ours.ys.isnan(), theirs.ys.isnan())


def test_single_precision_agrees_to_its_rounding(device: str) -> None:
    field = Promised(device).float()
    found = both(TS, device, field, y0=STARTS.float(), method="rk4", dt=0.05)
    assert_same(found, states=2e-6, gradients=1e-4)
    assert found.resident.solution.ys.dtype == torch.float32


@pytest.mark.slow
def test_long_solves_agree(device: str) -> None:
    ts = torch.linspace(0.0, 60.0, 300, dtype=torch.float64)
    found = both(ts, device, rtol=1e-10, atol=1e-11)
    assert found.resident.solution.stats.accepted > 100
    assert_same(found, states=1e-7, gradients=1e-4)


@pytest.mark.parametrize(
    "options",
    [{"method": "ab3", "dt": 0.1}, {"method": "kvaerno3"}, {"events": lambda t, y: y[0, 0] - 9.0}],
    ids=["multistep", "implicit", "events"],
)
def test_what_is_not_for_it_goes_the_usual_way(
    options: dict[str, Any], integrations: list[ResidentIntegration]
) -> None:
    resident.allow(("cpu",))
    assert solve(Perceptron(), STARTS, TS, **options).status is Status.success
    assert not integrations


def test_a_cpu_is_not_resident_unless_it_is_asked_for(integrations: list[ResidentIntegration]) -> None:
    with torch.no_grad():
        solve(Perceptron(), STARTS, TS)
    assert not integrations


@pytest.mark.parametrize("wrong", [{"graphs": "some"}, {"devices": "cpu"}])
def test_other_words_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        resident.allow(**wrong)
