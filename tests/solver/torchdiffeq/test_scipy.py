"""The method scipy_solver: scipy's own answers, differentiated by the adjoint."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
import torchdiffeq as theirs
from torch import Tensor

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import Y0, Pair, T, close, solved


@pytest.mark.parametrize("solver", ["RK45", "LSODA", "Radau"])
@pytest.mark.parametrize("reverse", [False, True])
def test_scipys_solvers_give_the_answers_that_they_give_there(solver: str, reverse: bool) -> None:
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
