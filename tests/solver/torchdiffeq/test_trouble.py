"""What cannot work raises here what scripts written for torchdiffeq catch."""

from __future__ import annotations

import warnings
from functools import partial
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


ROTATION = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)


@pytest.mark.parametrize("start", [3.5, float("nan"), 1e200])
@pytest.mark.parametrize("adjoint", [False, True], ids=["odeint", "adjoint"])
@pytest.mark.parametrize("method", ["euler", "midpoint", "heun2", "heun3", "rk4", "implicit_adams"])
def test_fixed_steps_go_on_through_what_overflows_and_leave_the_rest_alone(
    method: str, adjoint: bool, start: float
) -> None:
    found = []
    for library in LIBRARIES:
        odeint = partial(library.odeint_adjoint, adjoint_params=()) if adjoint else library.odeint
        y0 = torch.tensor([[start, 0.0], [0.3, 0.1]], dtype=torch.float64, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ys = odeint(lambda t, y: y**3 @ ROTATION, y0, torch.arange(13.0, dtype=torch.float64), method=method)
        (gradient,) = torch.autograd.grad(ys[-1, 1].sum(), y0)
        found.append((ys, gradient[1]))
    (theirs, of_theirs), (ys, gradient) = found
    assert not ys[-1, 0].isfinite().any() and ys[:, 1].isfinite().all()
    assert torch.equal(ys.isfinite(), theirs.isfinite())
    tolerance = 1e-3 if method == "implicit_adams" else 1e-9  # of another order there
    assert torch.allclose(ys[:, 1], theirs[:, 1], atol=tolerance)
    assert torch.allclose(gradient, of_theirs, atol=10 * tolerance)


def test_implicit_fixed_steps_that_cannot_be_solved_say_so() -> None:
    with pytest.raises(ours.SolveFailed):
        ours.odeint(lambda t, y: y * y, ts(1.0), ts(0, 2, 4), method="implicit_euler")
