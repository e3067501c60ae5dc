"""A field with jumps, seen from one side of them: it is never evaluated at or beyond a jump, but just before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

import torch
from torch import Tensor

from solver.field import DifferentiableField, Field, Pullback, differentiates_itself


class Window(NamedTuple):
    """The times, lowest and highest, that a field is evaluated at."""

    low: float
    high: float

    @classmethod
    def between(cls, start: float, stop: float, like: Tensor, *, open_start: bool, open_stop: bool) -> Window:
        """From start to stop, in either order; without an open end itself, in the numbers that `like` can hold."""
        first = _next(start, stop, like) if open_start else start
        last = _next(stop, start, like) if open_stop else stop
        return cls(min(first, last), max(first, last))

    def clamp(self, t: Tensor) -> Tensor:
        return t.clamp(self.low, self.high)


def one_sided(field: Field | DifferentiableField, window: Window) -> Field | DifferentiableField:
    """`field`, with times outside the window moved to its nearest end. Callable, and self-differentiating, as it is."""
    function = cast(Field, field)  # one that does not differentiate itself can be called: solve() sees to that
    if differentiates_itself(field):
        return _CallableOneSided(field, function, window) if callable(field) else _OneSided(field, window)
    return lambda t, y: function(window.clamp(t), y)


class _OneSided:
    def __init__(self, field: DifferentiableField, window: Window) -> None:
        self._field = field
        self._window = window

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        return self._field.evaluate(self._clamped(t), y)

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        return self._field.linearise(self._clamped(t), y)

    def parameters(self) -> Iterable[Tensor]:
        return self._field.parameters()

    def _clamped(self, t: float) -> float:
        return min(max(t, self._window.low), self._window.high)


class _CallableOneSided(_OneSided):
    def __init__(self, field: DifferentiableField, function: Field, window: Window) -> None:
        super().__init__(field, window)
        self._function = function

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return self._function(self._window.clamp(t), y)


def _next(time: float, towards: float, like: Tensor) -> float:
    """The number after `time` towards another, of those that `like` can hold."""
    ends = torch.tensor((time, towards), dtype=like.dtype)
    return float(torch.nextafter(ends[0], ends[1]))
