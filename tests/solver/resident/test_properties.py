"""Whatever is asked of a solve, resident it makes the steps that it makes the usual way."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from solver import METHODS, RungeKutta
from solver.controllers import CONTROLLERS, FIXED, Controller
from tests.properties import tried
from tests.solver.resident.ways import assert_same, both

QUICK_METHODS = [method for method in METHODS if isinstance(method, RungeKutta) and method.order <= 5]
moments = st.floats(-2.0, 2.0, width=32)


def resident_as_usual(
    method: RungeKutta,
    controller: Controller,
    times: list[float],
    falls: bool,
    forced: list[float],
    dt: float,
    digits: int,
    limits: tuple[float, float],
    max_steps: int,
) -> None:
    chosen = controller if method.adaptive else FIXED
    ts = torch.tensor(sorted(times, reverse=falls), dtype=torch.float64)
    options: dict[str, Any] = {"rtol": 10.0**-digits, "atol": 10.0**-digits, "max_steps": max_steps}
    if chosen is FIXED or dt > 0.3:
        options["dt"] = dt
    if chosen is not FIXED:
        options |= {"min_step": limits[0], "max_step": limits[1]}
    found = both(ts, method=method, controller=chosen, forced_times=forced, **options)
    assert_same(found, states=1e-6, gradients=1e-4)


test_a_resident_solve_makes_the_steps_of_the_usual_one = tried(
    quick=12,
    thorough=300,
    method=st.sampled_from(QUICK_METHODS),
    controller=st.sampled_from(CONTROLLERS),
    times=st.lists(moments, min_size=1, max_size=6),
    falls=st.booleans(),
    forced=st.lists(moments, max_size=3),
    dt=st.floats(0.05, 0.6),
    digits=st.integers(2, 7),
    limits=st.tuples(st.floats(0.0, 0.1), st.floats(0.2, 2.0)),
    max_steps=st.integers(1, 60),
)(resident_as_usual)
