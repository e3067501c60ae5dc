"""What a perceptron asks of the way in which time enters it: the layers at a time, and their pullback to θ and t."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from torch import Tensor

from nodeviz.fields.modules.layers import Layer, OntoLayer

Views = TypeVar("Views")


class InTimeAndWeights(NamedTuple):
    """Cotangents of t, of its shape, and of θ. None is zero."""

    t: Tensor | None
    theta: Tensor


class TimedLayers(ABC, Generic[Views]):
    """A perceptron's layers as functions of t and θ. t is a number, or has one entry a row."""

    shares_weights: ClassVar[bool] = True
    """Whether rows with times of their own still have one weight matrix among them."""

    gates_rows: ClassVar[bool] = False
    """Whether they then have gates."""

    @abstractmethod
    def views(self, theta: Tensor) -> Views:
        """What is read of θ, as views of it, to be kept for as long as θ stays where it is."""

    @abstractmethod
    def at(self, views: Views, t: Tensor | float) -> Sequence[Layer]:
        """The layers at t, differentiable by autograd."""

    @abstractmethod
    def pull_back(self, views: Views, t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        """From the cotangents of what each layer consists of. t has rows only where these share weights."""
