"""The drop-in beside torchdiffeq itself: the same calls, the same answers, gradients, callbacks and complaints."""

from __future__ import annotations

import warnings
from math import sqrt
from typing import Any

import pytest
import torch
import torchdiffeq as theirs
from torch import Tensor, nn

import solver.torchdiffeq as ours
from solver.torchdiffeq.methods import ADAMS, ADAPTIVE, FIXED_STEP

LIBRARIES = [theirs, ours]
BOTH_ADAPTIVE = ["dopri8", "dopri5", "bosh3", "fehlberg2", "adaptive_heun"]
BOTH_FIXED = ["euler", "midpoint", "heun2", "heun3", "rk4"]
ORDERS = {
    **dict.fromkeys(("euler", "implicit_euler"), 1),
    **dict.fromkeys(("midpoint", "heun2", "trapezoid", "implicit_midpoint", "sdirk2", "trbdf2"), 2),
    **dict.fromkeys(("heun3", "radauIIA3"), 3),
    **dict.fromkeys(("rk4", "gl4", *ADAMS), 4),
    "radauIIA5": 5,
    "gl6": 6,
}


def ts(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


Y0 = torch.tensor([[1.0, 0.0], [0.5, -1.0]], dtype=torch.float64)
T = torch.linspace(0, 2, 7, dtype=torch.float64)


class Field(nn.Module):
    """A small network that depends on time, counts its evaluations, and remembers their times."""

    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first = nn.Parameter(torch.randn(2, 8, generator=generator, dtype=dtype))
        self.second = nn.Parameter(torch.randn(8, 2, generator=generator, dtype=dtype) / 3)
        self.nfe = 0
        self.times: list[float] = []

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        self.nfe += 1
        self.times.append(t.item())
        return torch.tanh(y @ self.first) @ self.second + torch.sin(2 * t) * y


class Pair(nn.Module):
    """A field of tuples of different shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Field()

    def forward(self, t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        y, total = state
        return self.inner(t, y), (y * y).sum() + 0 * total


def gradients(answer: Any, field: nn.Module, *inputs: Tensor) -> list[Tensor]:
    parts = answer if isinstance(answer, tuple) else (answer,)
    loss = sum(
        (part.abs() ** 2 * torch.arange(1, len(part) + 1).view(-1, *[1] * (part.dim() - 1))).sum() for part in parts
    )
    return list(torch.autograd.grad(loss, (*inputs, *field.parameters())))


def close(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def solved(library: Any, adjoint: bool, **how: Any) -> tuple[list[Tensor], int]:
    """The answer, its gradients to y0, t and the parameters, and the evaluations that it took."""
    field, y0, t = Field(), Y0.clone().requires_grad_(), T.clone().requires_grad_()
    ys = (library.odeint_adjoint if adjoint else library.odeint)(field, y0, t, **how)
    nfe = field.nfe
    return [ys, *gradients(ys, field, y0, t)], nfe


@pytest.fixture(scope="module")
def truth() -> list[Tensor]:
    found, _ = solved(theirs, True, method="dopri5", rtol=1e-12, atol=1e-13)
    return found


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("method", BOTH_ADAPTIVE)
def test_adaptive_methods_are_as_near_to_the_truth(method: str, adjoint: bool, truth: list[Tensor]) -> None:
    """Answers and gradients, for as many evaluations.

    One more in each step where torchdiffeq takes a stage that is not at the step's end for the next step's first one.
    """
    more = {"adaptive_heun": 2, "fehlberg2": 3 / 2}.get(method, 1)
    tolerance = 1e-8 if method in ("dopri5", "dopri8", "bosh3") else 1e-5
    errors, costs = [], []
    for library in LIBRARIES:
        found, nfe = solved(library, adjoint, method=method, rtol=tolerance, atol=tolerance)
        errors.append([((a - b).abs().max() / b.abs().max()).item() for a, b in zip(found, truth, strict=True)])
        costs.append(nfe)
    for mine, other in zip(errors[1], errors[0], strict=True):
        assert mine < max(3 * other, 20 * tolerance)
    assert costs[1] <= 1.05 * more * costs[0]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("method", BOTH_FIXED)
def test_fixed_steps_agree_to_rounding(method: str, adjoint: bool, reverse: bool) -> None:
    t = T.flip(0) if reverse else T
    for options in (
        {},
        {"step_size": 0.13},
        {"step_size": 0.1, "interp": "cubic"},
        {"step_size": 0.1, "perturb": True},
    ):
        found = []
        for library in LIBRARIES:
            field, y0 = Field(), Y0.clone().requires_grad_()
            ys = (library.odeint_adjoint if adjoint else library.odeint)(field, y0, t, method=method, options=options)
            found.append((ys, *(gradients(ys, field, y0) if not adjoint else ())))
        assert close(*found, tolerance=1e-10)


@pytest.mark.parametrize("method", [*FIXED_STEP, *ADAMS])
def test_fixed_step_methods_have_their_orders(method: str) -> None:
    def swing(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((y[1], -torch.sin(y[0])))

    start, errors = ts(1.0, 0.5), []
    exact = ours.odeint(swing, start, ts(0, 2), method="dopri8", rtol=1e-13, atol=1e-14)[-1]
    for steps in (16, 32):
        ys = ours.odeint(swing, start, ts(0, 2), method=method, options={"step_size": 2 / steps})
        errors.append((ys[-1] - exact).abs().max().item())
    observed = torch.log2(torch.tensor(errors[0] / errors[1])).item()
    assert observed == pytest.approx(ORDERS[method], abs=0.7)


def test_every_name_of_theirs_is_known() -> None:
    from torchdiffeq._impl.odeint import SOLVERS

    assert set(SOLVERS) <= {*ADAPTIVE, *FIXED_STEP, *ADAMS, "scipy_solver"}


def test_dopri5_costs_what_it_costs_there() -> None:
    counts = []
    for library in LIBRARIES:
        field = Field()
        library.odeint(field, Y0, torch.linspace(0, 30, 5, dtype=torch.float64), rtol=1e-6, atol=1e-8)
        counts.append(field.nfe)
    assert counts[1] == pytest.approx(counts[0], rel=0.03)


def test_no_field_is_evaluated_beyond_the_last_time() -> None:
    field = Field()
    ours.odeint(field, Y0, T)
    assert max(field.times) <= 2.0


@pytest.mark.parametrize("adjoint", [False, True])
def test_tuples_of_states_and_of_tolerances(adjoint: bool) -> None:
    found = []
    for library in LIBRARIES:
        field, y0, total = Pair(), Y0.clone().requires_grad_(), torch.zeros(3, dtype=torch.float64).requires_grad_()
        how: dict[str, Any] = {"rtol": (1e-9, 1e-8), "atol": (ts(1e-10), torch.tensor(1e-9))}
        if adjoint:
            how |= {"adjoint_rtol": 1e-9, "adjoint_atol": 1e-10}
        how["rtol"], how["atol"] = (1e-9, 1e-8), (1e-10, 1e-9)
        answer = (library.odeint_adjoint if adjoint else library.odeint)(field, (y0, total), T, **how)
        assert isinstance(answer, tuple) and [part.shape for part in answer] == [(7, 2, 2), (7, 3)]
        found.append((*answer, *gradients(answer, field, y0, total)))
    assert close(*found)


def test_tensor_tolerances_for_each_entry() -> None:
    found = [
        library.odeint(Field(), Y0, T, rtol=ts(1e-9, 1e-8), atol=torch.full((2, 2), 1e-9)) for library in LIBRARIES
    ]
    assert close(*found)


@pytest.mark.parametrize("adjoint", [False, True])
def test_complex_states_and_parameters(adjoint: bool) -> None:
    class Turn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rate = nn.Parameter(torch.tensor(0.3 - 2.0j, dtype=torch.complex128))
            self.push = nn.Parameter(torch.tensor([0.1, 0.2], dtype=torch.float64))

        def forward(self, t: Tensor, z: Tensor) -> Tensor:
            return 1j * self.rate * z + self.push * z * z

    found = []
    for library in LIBRARIES:
        if adjoint and library is theirs:
            continue  # its adjoint of complex states is not the exact one that its own backpropagation gives
        field = Turn()
        z0 = torch.tensor([[0.4 + 0.1j, -0.2j]], dtype=torch.complex128).requires_grad_()
        zs = (library.odeint_adjoint if adjoint else library.odeint)(field, z0, T / 4, rtol=1e-9, atol=1e-10)
        found.append((zs, *gradients(zs, field, z0)))
    if adjoint:
        field = Turn()
        z0 = torch.tensor([[0.4 + 0.1j, -0.2j]], dtype=torch.complex128).requires_grad_()
        zs = ours.odeint(field, z0, T / 4, rtol=1e-9, atol=1e-10)
        found.append((zs, *gradients(zs, field, z0)))
    assert close(*found)


def test_float32_states_with_float64_times() -> None:
    found = [
        library.odeint(Field(torch.float32), Y0.float(), T, options={"dtype": torch.float32}) for library in LIBRARIES
    ]
    assert close(*found, tolerance=1e-5)


class Jump:
    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        self.times.append(t.item())
        return -0.5 * y if t < 0.5 else y * y


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_jumps_and_forced_steps(adjoint: bool, reverse: bool) -> None:
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


def test_adjoint_norms() -> None:
    seen: set[Any] = set()

    def norm(parts: tuple[Tensor, ...]) -> Tensor:
        seen.add(tuple(tuple(part.shape) for part in parts))
        return torch.stack([part.abs().max() for part in parts]).max()

    costs = {}
    for name, given in (("full", {}), ("seminorm", {"norm": "seminorm"}), ("own", {"norm": norm})):
        field = Field()
        y0 = Y0.clone().requires_grad_()
        ys = ours.odeint_adjoint(field, y0, T, rtol=1e-7, atol=1e-9, adjoint_options=given)
        field.nfe = 0
        costs[name] = (gradients(ys, field, y0), field.nfe)
    assert close(costs["full"][0], costs["seminorm"][0], 1e-5) and close(costs["full"][0], costs["own"][0], 1e-5)
    assert costs["seminorm"][1] <= costs["full"][1]
    assert seen == {((), (2, 2), (2, 2), (2, 8), (8, 2))}


def test_the_adjoint_has_its_own_method_and_tolerances() -> None:
    field = Field()
    y0 = Y0.clone().requires_grad_()
    ys = ours.odeint_adjoint(
        field, y0, T, method="dopri5", adjoint_method="rk4", adjoint_options={"step_size": 0.1}, adjoint_rtol=1.0
    )
    before = field.nfe
    found = gradients(ys, field, y0)
    assert field.nfe - before == pytest.approx(6 * 4 * 4, abs=6)  # 1/3 takes 4 steps of at most 0.1, 4 stages each
    exact = gradients(ours.odeint(field, y0, T), field, y0)
    assert close(found, exact, 1e-3)


def test_adjoint_parameters_are_those_given() -> None:
    scale, other = (torch.tensor(x, dtype=torch.float64).requires_grad_() for x in (0.5, 2.0))

    def function(t: Tensor, y: Tensor) -> Tensor:
        return -scale * other * y

    y1 = ours.odeint_adjoint(function, ts(1.0), ts(0, 1), adjoint_params=(scale,))[-1]
    y1.sum().backward()
    assert scale.grad is not None and scale.grad.item() == pytest.approx(-2 * y1.item(), rel=1e-6)
    assert other.grad is None
    with pytest.raises(ValueError, match="adjoint_params"):
        ours.odeint_adjoint(function, ts(1.0), ts(0, 1))


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


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("method", BOTH_ADAPTIVE)
def test_the_first_step_is_as_long_as_there(method: str, tolerance: float) -> None:
    first: list[float] = []
    for library in LIBRARIES:
        field, sizes = Field(), []
        field.callback_step = lambda t0, y0, dt, sizes=sizes: sizes.append(dt.item())
        library.odeint(field, Y0, ts(0, 2), rtol=tolerance, atol=tolerance, method=method)
        first.append(sizes[0])
    assert first[0] == pytest.approx(first[1], rel=1e-9)


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


@pytest.mark.parametrize("solver", ["RK45", "LSODA", "Radau"])
@pytest.mark.parametrize("reverse", [False, True])
def test_scipy_solvers(solver: str, reverse: bool) -> None:
    t = T.flip(0) if reverse else T
    state = (Y0, torch.zeros((), dtype=torch.float64))
    how: dict[str, Any] = {"method": "scipy_solver", "options": {"solver": solver}}
    mine = ours.odeint(Pair(), state, t, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchdiffeq passes min_step to solvers that have none
        other = theirs.odeint(Pair(), state, t, **how)
    assert close(mine, other, tolerance=1e-4)


def test_what_scipy_solved_has_a_gradient_by_the_adjoint(truth: list[Tensor]) -> None:
    how = {"method": "scipy_solver", "options": {"solver": "DOP853"}, "rtol": 1e-9, "atol": 1e-10}
    found, _ = solved(ours, True, **how)
    for mine, exact in zip(found, truth, strict=True):
        assert ((mine - exact).abs().max() / exact.abs().max()).item() < 1e-6


class Fall(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gravity = nn.Parameter(ts(9.8))

    def forward(self, t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return state[1], -self.gravity * torch.ones_like(state[1])


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("method", ["dopri5", "rk4"])
def test_events_and_their_gradients(adjoint: bool, method: str) -> None:
    """A ball falls from a height; the floor and a wall in time are events, of which the floor comes first."""
    options = {} if method == "dopri5" else {"step_size": 0.01}
    for library in LIBRARIES:
        fall, height, speed, t0 = (
            Fall(),
            ts(10.0).requires_grad_(),
            ts(0.0).requires_grad_(),
            torch.tensor(0.5, dtype=torch.float64),
        )
        t0.requires_grad_()

        def hit(t: Tensor, state: tuple[Tensor, Tensor]) -> Tensor:
            return torch.cat((state[0], 100.0 - t.reshape(1)))

        event_t, (ys, vs) = library.odeint_event(
            fall,
            (height, speed),
            t0,
            event_fn=hit,
            odeint_interface=library.odeint_adjoint if adjoint else library.odeint,
            method=method,
            options=options,
            atol=1e-10,
        )
        after = sqrt(2 * 10 / 9.8)
        assert event_t.item() == pytest.approx(0.5 + after, rel=1e-9 if library is ours or method == "dopri5" else 1e-5)
        assert ys.shape == vs.shape == (2, 1) and abs(ys[-1].item()) < 1e-4
        of_height, of_gravity, of_t0 = torch.autograd.grad(event_t, (height, fall.gravity, t0), retain_graph=True)
        assert of_height.item() == pytest.approx(1 / (9.8 * after), rel=1e-4)
        assert of_gravity.item() == pytest.approx(-after / (2 * 9.8), rel=1e-4)
        (fastest,) = torch.autograd.grad(vs[-1], height)
        assert fastest.item() == pytest.approx(-9.8 / (9.8 * after), rel=1e-4)
        if library is ours:  # and the start only moves the event along
            assert of_t0.item() == pytest.approx(1.0, rel=1e-9)


def test_events_backwards_in_time() -> None:
    for library in LIBRARIES:
        start = torch.tensor(0.0, dtype=torch.float64)
        event_t, ys = library.odeint_event(
            lambda t, y: -y, ts(1.0), start, event_fn=lambda t, y: y - 2.0, reverse_time=True
        )
        assert event_t.item() == pytest.approx(-0.6931471805599453, rel=1e-6)
        assert ys[-1].item() == pytest.approx(2.0, rel=1e-6)


def test_gradients_reach_the_parameters_of_an_event_function() -> None:
    level = ts(0.5).requires_grad_()
    start = torch.tensor(0.0, dtype=torch.float64)
    event_t, _ = ours.odeint_event(lambda t, y: -y, ts(1.0), start, event_fn=lambda t, y: y - level)
    assert torch.autograd.grad(event_t, level)[0].item() == pytest.approx(-2.0, rel=1e-6)


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


def test_one_time_is_the_start() -> None:
    for method in ("dopri5", "rk4", "implicit_adams", "scipy_solver"):
        assert torch.equal(ours.odeint(Field(), Y0, T[:1], method=method), Y0[None])


@pytest.mark.parametrize("method", ["dopri5", "rk4", "scipy_solver"])
def test_a_state_without_dimensions(method: str) -> None:
    y0 = torch.tensor(1.0, dtype=torch.float64).requires_grad_()
    options = {"step_size": 0.05} if method == "rk4" else {}
    ys = ours.odeint_adjoint(lambda t, y: -y, y0, ts(0, 0.5, 1), method=method, options=options, adjoint_params=())
    assert ys.shape == (3,)
    assert torch.autograd.grad(ys[-1], y0)[0].item() == pytest.approx(torch.exp(ts(-1.0)).item(), rel=1e-5)


def test_a_second_derivative_through_the_solver() -> None:
    found = []
    for library in LIBRARIES:
        y0 = ts(0.7).requires_grad_()
        y1 = library.odeint(lambda t, y: torch.sin(y), y0, ts(0, 1), rtol=1e-9, atol=1e-10)[-1]
        (slope,) = torch.autograd.grad(y1, y0, create_graph=True)
        found.append(torch.autograd.grad(slope, y0)[0])
    assert close(*found, tolerance=1e-5)
