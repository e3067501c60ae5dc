"""Dense output: a solution that can be asked for its state at any time, and differentiated there.

The solve saves the state at as many places inside every accepted step as the method's interpolant has degrees; the
interpolant is the polynomial through them. Its values are linear in saved states, so that every gradient mode carries
their gradients, and evaluating it later evaluates the field no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from solver.gradients.problem import Outcome
from solver.method import Method
from solver.sampling import chebyshev_nodes, dense_degree
from solver.watch import AcceptedStep, Mark, Watch
from solver.watches import Relay


@dataclass(frozen=True)
class Sampled:
    """Whose marks they are: dense output's, so many in each step, the last of them where it ends."""

    degree: int


class DenseWatch(Relay):
    """Marks every accepted step, as far as it counts, where its interpolant is to be sampled."""

    def __init__(self, method: Method, following: Watch | None) -> None:
        super().__init__(following)
        self._nodes = chebyshev_nodes(dense_degree(method))[1:]
        self._owner = Sampled(len(self._nodes))

    def marks(self, step: AcceptedStep, end: float) -> list[Mark]:
        return [Mark(node * end, self._owner) for node in self._nodes]


@dataclass(frozen=True, eq=False)
class DenseOutput:
    """The solution between `times` (steps + 1,), float64: the ends of its steps, of which each is a polynomial.

    `states` (steps · degree + 1, *y0.shape) are its values at the steps' Chebyshev nodes; a step starts with the last
    state of the one before.
    """

    times: Tensor
    states: Tensor
    degree: int

    @classmethod
    def of(cls, outcome: Outcome, method: Method) -> DenseOutput:
        """The solution that a `DenseWatch` had sampled."""
        degree = dense_degree(method)
        rows = [mark.row for mark in outcome.marked if isinstance(mark.owner, Sampled)]
        times = [outcome.times[row] for row in (0, *rows[degree - 1 :: degree])]
        device = outcome.ys.device
        states = outcome.ys[torch.tensor([0, *rows], device=device)]
        return cls(torch.tensor(times, dtype=torch.float64, device=device), states, degree)

    def __call__(self, t: Tensor | float) -> Tensor:
        """The states (*t.shape, *y0.shape) at times t. Raises `ValueError` where one is out of range."""
        asked = torch.as_tensor(t, dtype=torch.float64, device=self.times.device)
        self._check_range(asked.detach())
        flat, shape = asked.reshape(-1), (*asked.shape, *self.states.shape[1:])
        if len(self.times) == 1:
            return self.states[0].expand(shape)
        steps, thetas = self._steps(flat)
        places = torch.arange(self.degree + 1, device=steps.device)
        states = self.states[steps[:, None] * self.degree + places]
        weights = lagrange_weights(thetas, self.degree).to(states.dtype)
        found = torch.matmul(weights.unsqueeze(1), states.flatten(2) if states.dim() > 2 else states.unsqueeze(-1))
        return found.reshape(shape)

    def _steps(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """The steps that times (times,) fall in, and where in them, 0 to 1."""
        forwards = 1.0 if self.times[-1] >= self.times[0] else -1.0
        inner = (forwards * self.times[1:-1]).contiguous()
        steps = torch.searchsorted(inner, (forwards * times.detach()).contiguous(), right=True)
        starts, ends = self.times[steps], self.times[steps + 1]
        return steps, (times - starts) / (ends - starts)

    def _check_range(self, times: Tensor) -> None:
        low, high = torch.aminmax(self.times)
        outside = ~((times >= low) & (times <= high))
        if outside.any():
            raise ValueError(
                f"The solution is known from t = {low.item()} to {high.item()}; "
                f"it was asked for at t = {times[outside].flatten()[0].item()}."
            )


def lagrange_weights(thetas: Tensor, degree: int) -> Tensor:
    """(thetas, degree + 1): what values at the Chebyshev nodes are weighted with in their polynomial at each θ."""
    nodes = thetas.new_tensor(chebyshev_nodes(degree))
    own = torch.eye(degree + 1, dtype=torch.bool, device=thetas.device)
    apart = (nodes[:, None] - nodes).masked_fill(own, 1.0).prod(-1)
    ahead = (thetas[:, None] - nodes)[:, None, :].expand(-1, degree + 1, -1).masked_fill(own, 1.0)
    return ahead.prod(-1) / apart
