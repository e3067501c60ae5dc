"""odeint_event: the time of an event, the state there, and both differentiated."""

from __future__ import annotations

from math import log, sqrt

import pytest
import torch
from torch import Tensor, nn

import solver.torchdiffeq as ours
from tests.solver.torchdiffeq.side_by_side import LIBRARIES, ts


class Fall(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gravity = nn.Parameter(ts(9.8))

    def forward(self, t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return state[1], -self.gravity * torch.ones_like(state[1])


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("method", ["dopri5", "rk4"])
def test_a_falling_balls_landing_and_its_gradients_are_those_of_mechanics(adjoint: bool, method: str) -> None:
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


def test_events_are_found_backwards_in_time() -> None:
    for library in LIBRARIES:
        start = torch.tensor(0.0, dtype=torch.float64)
        event_t, ys = library.odeint_event(
            lambda t, y: -y, ts(1.0), start, event_fn=lambda t, y: y - 2.0, reverse_time=True
        )
        assert event_t.item() == pytest.approx(-log(2), rel=1e-6)
        assert ys[-1].item() == pytest.approx(2.0, rel=1e-6)


def test_gradients_reach_the_parameters_of_an_event_function() -> None:
    level = ts(0.5).requires_grad_()
    start = torch.tensor(0.0, dtype=torch.float64)
    event_t, _ = ours.odeint_event(lambda t, y: -y, ts(1.0), start, event_fn=lambda t, y: y - level)
    assert torch.autograd.grad(event_t, level)[0].item() == pytest.approx(-2.0, rel=1e-6)
