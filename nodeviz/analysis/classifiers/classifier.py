"""What every classifier in a comparison offers: its parameters, and the logits of points together with their price."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor


class Evaluations(NamedTuple):
    """How often a field, or the blocks that stand for it, was evaluated on the way there and on the way back."""

    forward: int
    backward: int


class Told(NamedTuple):
    """Logits (n, rows) of points with their graph; `evaluations` counts those so far, after a backward pass all."""

    logits: Tensor
    evaluations: Callable[[], Evaluations]


class Classifier(ABC):
    """A classifier of points in the plane. `theta` (parameters,) is all it learns, and is moved in place.

    `held` are the places in it that stay as they are.
    """

    name: str
    theta: Tensor
    held: tuple[int, ...] = ()

    @abstractmethod
    def tell(self, ys: Tensor) -> Told:
        """What it says of points ys (n, 2)."""

    @abstractmethod
    def gradient(self, loss: Tensor) -> Tensor:
        """Of a loss of what it told, in theta."""

    @abstractmethod
    def having(self, theta: Tensor) -> Classifier:
        """Another one with a copy of `theta`."""
