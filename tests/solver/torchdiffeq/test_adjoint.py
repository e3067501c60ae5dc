"""odeint_adjoint: the arguments that are its own; and derivatives of second order, which only odeint has."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, Y0, Field, T, close, gradients, ts


def test_the_adjoints_norm_is_told_of_all_its_parts_or_leaves_the_parameters_out() -> None:
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


@pytest.mark.parametrize("method", ["dopri5", "rk4", "scipy_solver"])
def test_odeint_adjoint_refuses_to_be_differentiated_twice_and_names_odeint(method: str) -> None:
    y0 = ts(0.7).requires_grad_()
    y1 = ours.odeint_adjoint(lambda t, y: torch.sin(y), y0, ts(0, 1), method=method, adjoint_params=())[-1]
    (slope,) = torch.autograd.grad(y1, y0, create_graph=True)
    with pytest.raises(RuntimeError, match="Second derivatives do not exist .*Use odeint"):
        torch.autograd.grad(slope, y0)


def test_odeint_can_be_differentiated_twice() -> None:
    found = []
    for library in LIBRARIES:
        y0 = ts(0.7).requires_grad_()
        y1 = library.odeint(lambda t, y: torch.sin(y), y0, ts(0, 1), rtol=1e-9, atol=1e-10)[-1]
        (slope,) = torch.autograd.grad(y1, y0, create_graph=True)
        found.append(torch.autograd.grad(slope, y0)[0])
    assert close(*found, tolerance=1e-5)
