"""Step sizes follow the error: accepted within tolerance, rejected beyond it, within the factors that are allowed."""

from __future__ import annotations

from math import inf, nan

import pytest

from solver import CONTROLLERS, FixedController, PIDController
from solver.controllers import Controller, ErrorHistory

ADAPTIVE = [controller for controller in CONTROLLERS if controller.adaptive]


def by_name(controller: Controller) -> str:
    return controller.name


@pytest.mark.parametrize("controller", ADAPTIVE, ids=by_name)
@pytest.mark.parametrize(("ratio", "accept"), [(0.0, True), (0.999, True), (1.001, False), (nan, False), (inf, False)])
def test_a_step_is_accepted_exactly_within_tolerance(controller: Controller, ratio: float, accept: bool) -> None:
    assert controller.decide(0.1, ErrorHistory(ratio), 4).accept is accept


@pytest.mark.parametrize("controller", ADAPTIVE, ids=by_name)
@pytest.mark.parametrize("dt", [0.1, -0.1])
def test_step_sizes_keep_their_sign_and_their_bounds(controller: Controller, dt: float) -> None:
    assert isinstance(controller, PIDController)
    for ratio in (0.0, 1e-30, 1e-3, 0.5, 1.0, 2.0, 1e9, nan):
        factor = controller.decide(dt, ErrorHistory(ratio, 1e-3, 1e-3), 4).dt_next / dt
        assert controller.min_factor * (1 - 1e-12) <= factor <= controller.max_factor * (1 + 1e-12)


@pytest.mark.parametrize("controller", ADAPTIVE, ids=by_name)
def test_a_rejected_step_shrinks_and_the_one_after_it_does_not_grow(controller: Controller) -> None:
    assert controller.decide(0.1, ErrorHistory(1.5), 4).dt_next < 0.1
    assert controller.decide(0.1, ErrorHistory(1e-6, rejected=True), 4).dt_next <= 0.1


@pytest.mark.parametrize("controller", ADAPTIVE, ids=by_name)
def test_every_controller_settles_at_the_same_error(controller: Controller) -> None:
    """On a problem whose error is (10 dt)^5, from any first step."""
    dt, history = 0.01, ErrorHistory(nan)
    for _ in range(60):
        ratio = (10 * dt) ** 5
        decision = controller.decide(dt, history._replace(ratio=ratio), 4)
        if decision.accept:
            history = ErrorHistory(nan, ratio, history.previous)
        dt = decision.dt_next
    assert (10 * dt) ** 5 == pytest.approx(0.9**5, rel=1e-3)


def test_the_fixed_controller_keeps_its_step_and_stops_only_at_what_is_not_finite() -> None:
    fixed = FixedController()
    assert fixed.decide(0.1, ErrorHistory(1e9), 4) == (True, 0.1)
    assert fixed.decide(0.1, ErrorHistory(nan), 4) == (False, 0.1)
