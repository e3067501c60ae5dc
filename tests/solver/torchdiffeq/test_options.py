"""torchdiffeq's `options` and callbacks: steps, grids, jumps and norms as they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchdiffeq as theirs
from torch import Tensor

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, Y0, Field, Pair, T, close, gradients, ts


class Jump:
    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        self.times.append(t.item())
        return -0.5 * y if t < 0.5 else y * y


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_steps_end_at_jumps_and_where_they_are_told_to(adjoint: bool, reverse: bool) -> None:
    found, counts = [], []
    for library in LIBRARIES:
        field, y0 = Jump(), ts(0.3, 0.6).requires_grad_()
        t = ts(1, 0.7, 0) if reverse else ts(0, 0.7, 1)
        options = {"jump_t": ts(0.5), "step_t": ts(0.25, 0.8)}
        how = {"adjoint_params": ()} if adjoint else {}
        odeint = library.odeint_adjoint if adjoint else library.odeint
        ys = odeint(field, y0, t, rtol=1e-8, atol=1e-10, options=options, **how)
        found.append((ys, *torch.autograd.grad(ys.sum(), y0)))
        counts.append(len(field.times))
        assert 0.5 not in field.times
    assert close(*found)
    assert counts[1] <= counts[0] * 1.1


def test_step_options_do_what_they_say() -> None:
    field = Field()
    steps: list[tuple[float, float]] = []
    field.callback_step = lambda t0, y0, dt: steps.append((t0.item(), dt.item()))
    options = {"first_step": 0.05, "min_step": 0.02, "max_step": 0.1, "safety": 0.5, "ifactor": 1.5, "dfactor": 0.5}
    ours.odeint(field, Y0, ts(0, 2), rtol=1e-3, atol=1e-3, options=options)
    sizes = [dt for _, dt in steps]
    assert sizes[0] == 0.05 and max(sizes) <= 0.1 + 1e-12
    assert all(after <= 1.5 * before + 1e-12 for before, after in zip(sizes, sizes[1:], strict=False))


def test_norms_get_states_as_the_user_sees_them() -> None:
    shapes: set[Any] = set()

    def norm(state: Any) -> Tensor:
        shapes.add(tuple(part.shape for part in state) if isinstance(state, tuple) else state.shape)
        parts = state if isinstance(state, tuple) else (state,)
        return torch.stack([part.abs().max() for part in parts]).max()

    ours.odeint(Field(), Y0, T, options={"norm": norm})
    ours.odeint(Pair(), (Y0, torch.zeros((), dtype=torch.float64)), T, options={"norm": norm})
    assert shapes == {(2, 2), ((2, 2), ())}


@pytest.mark.parametrize("method", ["dopri5", "rk4", "explicit_adams"])
def test_callbacks_are_called_as_there(method: str) -> None:
    told: dict[Any, dict[str, int]] = {}
    options = {} if method == "dopri5" else {"step_size": 0.2}
    names = ["callback_step"] + (["callback_accept_step", "callback_reject_step"] if method == "dopri5" else [])
    for library in LIBRARIES:
        field, counts = Field(), {}
        for name in names:
            for each in (name, name + "_adjoint"):

                def callback(t0: Tensor, y0: Any, dt: Tensor, each: str = each, counts: Any = counts) -> None:
                    assert t0.shape == () and dt > 0
                    shape = y0[1].shape if each.endswith("_adjoint") else y0.shape
                    assert shape == (2, 2)
                    counts[each] = counts.get(each, 0) + 1

                setattr(field, each, callback)
        y0 = Y0.clone().requires_grad_()
        library.odeint_adjoint(field, y0, ts(2, 0), method=method, options=options).sum().backward()
        told[library] = counts
    if method == "dopri5":
        mine = told[ours]
        assert mine["callback_step"] == mine["callback_accept_step"] + mine.get("callback_reject_step", 0)
        assert mine["callback_step"] == pytest.approx(told[theirs]["callback_step"], abs=3)
        assert mine["callback_step_adjoint"] > 0
    else:
        assert told[ours] == told[theirs] == {"callback_step": 10, "callback_step_adjoint": 10}


def test_callbacks_that_a_method_does_not_call_are_warned_of() -> None:
    field = Field()
    field.callback_accept_step = lambda t0, y0, dt: None
    with pytest.warns(UserWarning, match="does not support callbacks.*callback_accept_step"):
        ours.odeint(field, Y0, T, method="rk4")
    with pytest.warns(UserWarning, match="Unexpected arguments.*step_sise"):
        ours.odeint(Field(), Y0, T, method="rk4", options={"step_sise": 0.1})


@pytest.mark.parametrize("adjoint", [False, True])
def test_grids_are_as_constructed(adjoint: bool) -> None:
    def grid(func: Any, y0: Any, t: Tensor) -> Tensor:
        return t[0] + (t[-1] - t[0]) * torch.linspace(0, 1, 11, dtype=torch.float64) ** 2

    found = []
    for library in LIBRARIES:
        field, y0 = Field(), Y0.clone().requires_grad_()
        odeint = library.odeint_adjoint if adjoint else library.odeint
        ys = odeint(field, y0, ts(0, 0.9, 2), method="rk4", options={"grid_constructor": grid})
        found.append((ys, *([] if adjoint else gradients(ys, field, y0))))
    assert close(*found, tolerance=1e-10)


def test_times_between_grid_points_have_their_gradient() -> None:
    found = []
    for library in LIBRARIES:
        t = ts(0, 0.33, 0.6, 0.97).requires_grad_()
        ys = library.odeint(Field(), Y0, t, method="rk4", options={"step_size": 0.2})
        found.append(torch.autograd.grad(ys[1].sum(), t)[0][1:2])
    assert close(*found, tolerance=1e-9)


@pytest.mark.parametrize("library", LIBRARIES, ids=["theirs", "ours"])
@pytest.mark.parametrize("name", ["grid_points", "eps", "dtype", "first_step", "jump_t"])
def test_fixed_steps_warn_of_options_of_other_methods_and_run_without(library: Any, name: str) -> None:
    given = {"grid_points": [0.5, 1.0], "eps": 1e-3, "dtype": torch.float32, "first_step": 0.1, "jump_t": [0.5]}
    with pytest.warns(UserWarning, match=f"Unexpected arguments.*{name}"):
        ys = library.odeint(Field(), Y0, T, method="rk4", options={name: given[name]})
    assert close(ys, theirs.odeint(Field(), Y0, T, method="rk4"), tolerance=1e-12)


def test_times_in_a_list_are_exact() -> None:
    field = Jump()
    ours.odeint(field, ts(0.3), ts(0, 1), options={"jump_t": [0.7]})
    assert min(abs(time - 0.7) for time in field.times) < 1e-12


def test_a_grid_may_be_a_list() -> None:
    found = [
        ours.odeint(Field(), Y0, ts(0, 1), method="rk4", options={"grid_constructor": lambda *_, grid=grid: grid})
        for grid in ([0.0, 0.3, 1.0], ts(0, 0.3, 1))
    ]
    assert torch.equal(*found)
