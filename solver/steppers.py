"""Which stepper makes the steps of which kind of method."""

from __future__ import annotations

from torch import Tensor

from solver.field import FlatField
from solver.implicit.stepper import ImplicitRungeKuttaStepper
from solver.method import AdamsBashforth, ImplicitRungeKutta, Method
from solver.step import AdamsStepper, MakeStages, RungeKuttaStepper, Stepper
from solver.tolerance import Measure


def make_stepper(
    method: Method, field: FlatField, stages: MakeStages, like: Tensor, measure: Measure | None
) -> Stepper:
    """The stepper of `method` for flat states like `like`. `measure` is what adaptive steps keep to, None for fixed."""
    if isinstance(method, ImplicitRungeKutta):
        return ImplicitRungeKuttaStepper(method, field, stages, like, measure)
    if isinstance(method, AdamsBashforth):
        return AdamsStepper(method, field, stages, like)
    return RungeKuttaStepper(method, field, stages, like)
