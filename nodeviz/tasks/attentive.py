"""Solves that let their worker look up between evaluations, so that a long one delays no urgent question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from solver.field import DifferentiableField, Field, Pullback
    from solver.native.description import NativeField

LOOK_UP_EVERY = 64
"""Evaluations between two looks: a millisecond or two."""

_attend: ContextVar[Callable[[], None] | None] = ContextVar("attend", default=None)


@contextmanager
def attending(attend: Callable[[], None]) -> Iterator[None]:
    """Inside, solves without a gradient call `attend` now and then. What it raises abandons the solve."""
    before = _attend.set(attend)
    try:
        yield
    finally:
        _attend.reset(before)


def attentive(field: Field | DifferentiableField) -> Field | DifferentiableField:
    """The field, looking up where someone attends to its solve, no gradient is wanted, and it evaluates itself.

    One that is another field for each sample stays as it is.
    """
    import torch

    from solver.field import differentiates_itself
    from solver.per_sample.field import FieldOfSamples

    attend = _attend.get()
    if attend is None or torch.is_grad_enabled():
        return field
    if not differentiates_itself(field) or isinstance(field, FieldOfSamples):
        return field
    return Attentive(field, attend)


class Attentive:
    """`field`, calling `attend` now and then. What `attend` raises abandons the solve.

    It offers no parameters, so a solve prepares no gradient for them.
    """

    def __init__(self, field: DifferentiableField, attend: Callable[[], None]) -> None:
        self._field = field
        self._evaluate = field.evaluate
        self._linearise = field.linearise
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
        from solver.native.description import describes_itself

        inner = self._field.native() if describes_itself(self._field) else None
        return None if inner is None else inner._replace(attend=self._attend)

    def parameters(self) -> tuple[Tensor, ...]:
        """None."""
        return ()
