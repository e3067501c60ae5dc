"""Backpropagation through every operation of the solver: what it alone reaches."""

from __future__ import annotations

import torch
from torch import Tensor

from solver import solve
from tests.problems import LIMIT_CYCLE, STARTS
from tests.solver.gradients.weighed import TIMES


def test_direct_reaches_tensors_that_the_field_closes_over() -> None:
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    solve(lambda t, y: -scale * y, STARTS, TIMES, gradient="direct").ys.sum().backward()
    assert scale.grad is not None


def test_direct_gives_second_derivatives() -> None:
    def states(y0: Tensor) -> Tensor:
        return solve(LIMIT_CYCLE.field, y0, TIMES[[0, 2, 3]], dt=0.2, controller="fixed", gradient="direct").ys

    assert torch.autograd.gradgradcheck(states, STARTS[:1].clone().requires_grad_())
