"""Watches in a row: each passes on to the next what it is told, and adds its own marks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

from torch import Tensor

from solver.watch import AcceptedStep, Mark, Watch


class Relay(ABC):
    """A watch that marks accepted steps, and passes everything on to `following` where there is one."""

    def __init__(self, following: Watch | None) -> None:
        self._following = following

    @final
    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        if self._following is not None:
            self._following.attempting(t, y, dt)

    @final
    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        if self._following is not None:
            self._following.rejected(t, y, dt)

    @final
    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        others = () if self._following is None else self._following.accepted(step)
        end = others[-1].theta if others and others[-1].ends else 1.0
        return in_order([*others, *self.marks(step, end)])

    @abstractmethod
    def marks(self, step: AcceptedStep, end: float) -> Sequence[Mark]:
        """Where to save the state, in any order, in a step that ends at θ = `end` as far as those following know."""
        ...


def in_order(marks: Sequence[Mark]) -> list[Mark]:
    """The marks in order, up to the first that ends the integration, which comes last of those at its place."""
    ordered = sorted(marks, key=lambda mark: (mark.theta, mark.ends))
    stop = next((place + 1 for place, mark in enumerate(ordered) if mark.ends), len(ordered))
    return ordered[:stop]
