"""What cannot work raises here what scripts written for torchdiffeq catch."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, ts

BLOW_UP = {"func": lambda t, y: y * y, "y0": ts(1.0), "t": ts(0, 2)}
DECAY = {"func": lambda t, y: -y, "y0": ts(1.0), "t": ts(0, 1)}


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (BLOW_UP, AssertionError),
        (DECAY | {"options": {"max_num_steps": 2}}, AssertionError),
        (DECAY | {"t": ts(0, 1, 0.5)}, AssertionError),
        (DECAY | {"t": ts(0, 0)}, AssertionError),
        (DECAY | {"t": torch.tensor([0, 1])}, TypeError),
        (DECAY | {"y0": [1.0]}, AssertionError),
        (DECAY | {"method": "rk45"}, ValueError),
        (DECAY | {"method": "rk4", "options": {"step_size": 0.1, "grid_constructor": print}}, ValueError),
        (DECAY | {"options": {"step_t": ts(0.3), "jump_t": ts(0.3)}}, ValueError),
        (DECAY | {"method": "rk4", "options": {"grid_constructor": lambda f, y, t: t[:1]}}, AssertionError),
        (DECAY | {"rtol": ts(1e-3).requires_grad_()}, AssertionError),
        (DECAY | {"t": ts(0, 1, 2), "event_fn": lambda t, y: y}, ValueError),
        (DECAY | {"method": "rk4", "event_fn": lambda t, y: y - 0.5}, AssertionError),
        (DECAY | {"method": "rk4", "options": {"step_size": 0.1}, "event_fn": lambda t, y: y + 0.5}, RuntimeError),
    ],
)
def test_what_goes_wrong_there_raises_the_same_kind_here(arguments: dict[str, Any], kinds: type[Exception]) -> None:
    for library in LIBRARIES:
        with pytest.raises(kinds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library.odeint(**arguments)


def test_numerical_trouble_keeps_what_was_found_and_says_what_to_do() -> None:
    with pytest.raises(ours.SolveFailed, match=r"underflow in dt .* at t = 1\.0*.*Shorten the interval") as caught:
        ours.odeint(**BLOW_UP)
    assert caught.value.solution is not None and caught.value.solution.stats.steps
