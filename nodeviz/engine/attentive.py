"""A field that lets its worker look up between evaluations, so that a long solve delays no urgent question."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule
from solver.field import Pullback
from solver.native.description import NativeField

LOOK_UP_EVERY = 64
"""Evaluations between two looks: a millisecond or two."""


class Attentive:
    """The velocity of `module`, calling `attend` now and then. What `attend` raises abandons the solve.

    It offers no parameters, so a solve prepares no gradient for them.
    """

    def __init__(self, module: FlatModule, attend: Callable[[], None]) -> None:
        self._module = module
        self._evaluate = module.evaluate
        self._linearise = module.linearise
        self._attend = attend
        self._evaluations = 0

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        """dy, without a graph."""
        self._evaluations += 1
        if self._evaluations % LOOK_UP_EVERY == 0:
            self._attend()
        return self._evaluate(t, y)

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        """dy and its pullback."""
        return self._linearise(t, y)

    def native(self) -> NativeField | None:
        """For the solver's kernel, which looks up as often, where it knows the field inside."""
        inner = self._module.native()
        return None if inner is None else inner._replace(attend=self._attend)

    def parameters(self) -> tuple[Tensor, ...]:
        """None."""
        return ()
