"""torchdiffeq's methods by their names there: as near to the truth, for as many evaluations."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import solver.torchdiffeq as ours
from solver.torchdiffeq.methods import ADAMS, ADAPTIVE, FIXED_STEP
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, Y0, Field, T, close, gradients, solved, ts

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


def test_no_field_is_evaluated_beyond_the_last_time() -> None:
    field = Field()
    ours.odeint(field, Y0, T)
    assert max(field.times) <= 2.0


def test_one_time_is_the_start() -> None:
    for method in ("dopri5", "rk4", "implicit_adams", "scipy_solver"):
        assert torch.equal(ours.odeint(Field(), Y0, T[:1], method=method), Y0[None])


@pytest.mark.parametrize("tolerance", [1e-5, 1e-6])
def test_a_spiral_comes_home_as_near_to_its_start_as_there(tolerance: float) -> None:
    matrix, start, times = ts(-0.1, 2.0, -2.0, -0.1).view(2, 2), ts(2.0, 0.0), ts(0.0, 25.0)
    distances = []
    for library in LIBRARIES:
        there = library.odeint(lambda t, y: y**3 @ matrix, start, times, rtol=tolerance, atol=tolerance)[-1]
        back = library.odeint(lambda t, y: y**3 @ matrix, there, times.flip(0), rtol=tolerance, atol=tolerance)[-1]
        distances.append(float((back - start).norm()))
    assert distances[1] < 1.02 * distances[0]
