"""What evaluations of a field cost by themselves: the floor under every solve, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from solver.field import AutogradField, DifferentiableField, Field, differentiates_itself


class Evaluations(NamedTuple):
    """How often a field was evaluated: alone, and together with its pullback (a vector-Jacobian product)."""

    alone: int
    with_pullback: int


class BareCalls(NamedTuple):
    """One evaluation of a field alone, and one together with its pullback, as calls to be timed."""

    alone: Callable[[], object]
    with_pullback: Callable[[], object]


class BareCost(NamedTuple):
    """Seconds that one evaluation takes, alone and together with its pullback."""

    alone: float
    with_pullback: float

    def of(self, evaluations: Evaluations) -> float:
        """Seconds that so many evaluations take, with nothing else around them."""
        return evaluations.alone * self.alone + evaluations.with_pullback * self.with_pullback


def bare_calls(field: Field | DifferentiableField, t: float, y: Tensor) -> BareCalls:
    """The field at (t, y) in its fastest form: by its own rules where it has them, else through autograd."""
    inner = field if differentiates_itself(field) else _by_autograd(field, y)
    cotangent = torch.ones_like(y)

    def alone() -> Tensor:
        with torch.no_grad():
            return inner.evaluate(t, y)

    def with_pullback() -> object:
        _, pullback = inner.linearise(t, y)
        return pullback(cotangent)

    return BareCalls(alone, with_pullback)


def _by_autograd(field: Field | DifferentiableField, y: Tensor) -> AutogradField:
    parameters = tuple(field.parameters()) if isinstance(field, torch.nn.Module) else ()
    return AutogradField(field, parameters, y)  # type: ignore[arg-type]
