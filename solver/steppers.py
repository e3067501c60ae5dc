"""Which stepper makes the steps of which kind of method."""

from __future__ import annotations

from torch import Tensor

from solver.field import FlatField
from solver.method import AdamsBashforth, Method
from solver.step import AdamsStepper, MakeStages, RungeKuttaStepper, Stepper


def make_stepper(method: Method, field: FlatField, stages: MakeStages, like: Tensor) -> Stepper:
    """The stepper of `method` for flat states like `like`."""
    if isinstance(method, AdamsBashforth):
        return AdamsStepper(method, field, stages, like)
    return RungeKuttaStepper(method, field, stages, like)
