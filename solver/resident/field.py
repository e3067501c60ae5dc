"""Which fields can be evaluated at times that stay on the device, and which of them as often as one likes unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeGuard, runtime_checkable

from torch import Tensor

from solver.field import AutogradField, DifferentiableField, FlatField

Evaluate = Callable[[Tensor, Tensor], Tensor]
"""(t, y) -> dy, with t of no dimensions in the dtype of y, and y and dy flat."""


@runtime_checkable
class RepeatableField(Protocol):
    """A `DifferentiableField` whose evaluations may be recorded once and replayed."""

    def repeats(self) -> object | None:
        """Promise that an evaluation is the same operations every time, on t, y and the `parameters()`, read in place.

        Given is what makes it this field, together with its class: the field itself, or what it is made from anew for
        each solve. None is no promise. With it, `evaluate` and `linearise` also take t as a tensor of no dimensions,
        and leave it on its device.
        """
        ...


def repeats(field: object) -> TypeGuard[RepeatableField]:
    """Whether the field gives that promise."""
    return isinstance(field, RepeatableField) and field.repeats() is not None


def identity(field: DifferentiableField) -> object | None:
    """What stays the same from solve to solve of a field, whose evaluations may be wrapped anew for each."""
    if isinstance(field, AutogradField):
        return field.function
    return field.repeats() if isinstance(field, RepeatableField) else None


def evaluator(field: FlatField) -> Evaluate | None:
    """The field at times on the device, uncounted; None where it wants numbers."""
    inner, shape = field.inner, field.shape
    if not takes_device_time(inner):
        return None
    evaluate: Callable[..., Tensor] = inner.evaluate

    def flat(t: Tensor, y: Tensor) -> Tensor:
        return evaluate(t, y.view(shape)).reshape(-1)

    return flat


def takes_device_time(field: DifferentiableField) -> bool:
    """Whether its evaluate and linearise take t as a tensor."""
    return isinstance(field, AutogradField) or repeats(field)
