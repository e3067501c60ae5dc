"""States of every kind that torchdiffeq takes, and tolerances for their entries."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchdiffeq as theirs
from torch import Tensor, nn

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, Y0, Field, Pair, T, close, gradients, ts


@pytest.mark.parametrize("adjoint", [False, True])
def test_states_and_tolerances_may_be_tuples(adjoint: bool) -> None:
    found = []
    for library in LIBRARIES:
        field, y0, total = Pair(), Y0.clone().requires_grad_(), torch.zeros(3, dtype=torch.float64).requires_grad_()
        how: dict[str, Any] = {"rtol": (1e-9, 1e-8), "atol": (1e-10, 1e-9)}
        if adjoint:
            how |= {"adjoint_rtol": 1e-9, "adjoint_atol": 1e-10}
        answer = (library.odeint_adjoint if adjoint else library.odeint)(field, (y0, total), T, **how)
        assert isinstance(answer, tuple) and [part.shape for part in answer] == [(7, 2, 2), (7, 3)]
        found.append((*answer, *gradients(answer, field, y0, total)))
    assert close(*found)


def test_each_entry_may_have_a_tolerance_of_its_own() -> None:
    found = [
        library.odeint(Field(), Y0, T, rtol=ts(1e-9, 1e-8), atol=torch.full((2, 2), 1e-9)) for library in LIBRARIES
    ]
    assert close(*found)


@pytest.mark.parametrize("adjoint", [False, True])
def test_states_and_parameters_may_be_complex(adjoint: bool) -> None:
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


def test_states_of_float32_go_with_times_of_float64() -> None:
    found = [
        library.odeint(Field(torch.float32), Y0.float(), T, options={"dtype": torch.float32}) for library in LIBRARIES
    ]
    assert close(*found, tolerance=1e-5)


@pytest.mark.parametrize("method", ["dopri5", "rk4", "scipy_solver"])
def test_a_state_may_have_no_dimensions(method: str) -> None:
    y0 = torch.tensor(1.0, dtype=torch.float64).requires_grad_()
    options = {"step_size": 0.05} if method == "rk4" else {}
    ys = ours.odeint_adjoint(lambda t, y: -y, y0, ts(0, 0.5, 1), method=method, options=options, adjoint_params=())
    assert ys.shape == (3,)
    assert torch.autograd.grad(ys[-1], y0)[0].item() == pytest.approx(torch.exp(ts(-1.0)).item(), rel=1e-5)
