"""The cubic spiral there and back: how near to its start a solve comes home, or why it does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from solver import solve

SPIRAL = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)


def cubic_spiral(t: Tensor, y: Tensor) -> Tensor:
    return (y**3) @ SPIRAL


@pytest.mark.parametrize("how", [{}, {"method": "dopri5", "controller": "I"}, {"method": "verner76"}], ids=str)
def test_the_cubic_spiral_comes_back_from_25_at_least_as_close_as_it_should(how: dict[str, str]) -> None:
    y0, ts = torch.tensor([[2.0, 0.0]], dtype=torch.float64), torch.tensor([0.0, 25.0], dtype=torch.float64)
    for tolerance, allowed in ((1e-5, 0.18), (1e-6, 6.7e-3), (1e-7, 1.2e-4), (1e-9, 2.6e-6), (1e-12, 3.5e-9)):
        there = solve(cubic_spiral, y0, ts, rtol=tolerance, atol=tolerance, max_steps=100_000, **how)
        back = solve(cubic_spiral, there.ys[-1], ts.flip(0), rtol=tolerance, atol=tolerance, max_steps=100_000, **how)
        assert back.status.ok
        assert (back.ys[-1] - y0).norm() < allowed


def test_a_round_trip_that_cannot_be_made_ends_with_a_status() -> None:
    y0, ts = torch.tensor([[2.0, 0.0]], dtype=torch.float64), torch.tensor([0.0, 100.0], dtype=torch.float64)
    there = solve(cubic_spiral, y0, ts, rtol=1e-3, atol=1e-5)
    back = solve(cubic_spiral, there.ys[-1], ts.flip(0), rtol=1e-3, atol=1e-5)
    assert there.status.ok
    assert back.status.value in ("step_underflow", "non_finite")
