"""Watch: someone who is told of the steps of an integration, and may mark places in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor


class AcceptedStep(NamedTuple):
    """A step from (t, y) to y1, and the solution inside it: `outputs` takes θ and returns states, one a row."""

    t: float
    dt: float
    y: Tensor
    y1: Tensor
    outputs: Callable[[Sequence[float]], Tensor]


class Mark(NamedTuple):
    """A place θ in (0, 1] of an accepted step whose state is to be saved, whose it is, and whether all ends there."""

    theta: float
    owner: object
    ends: bool = False


@runtime_checkable
class Watch(Protocol):
    """Someone who is told of every step, and may have more states of it saved, or end the integration in it."""

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        """A step from (t, y) of signed size dt is about to be tried."""
        ...

    def rejected(self, t: float, y: Tensor, dt: float) -> None: ...

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        """What to save besides the states at the output times, in order; only the last may end the integration."""
        ...
