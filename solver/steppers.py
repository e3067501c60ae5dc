"""Which stepper makes the steps of which kind of method."""

from __future__ import annotations

from torch import Tensor

from solver.adams_step import AdamsStepper
from solver.field import FlatField
from solver.implicit.stepper import ImplicitRungeKuttaStepper
from solver.leapfrog_step import AsynchronousLeapfrogStepper
from solver.method import (
    AdamsBashforth,
    AdamsBashforthMoulton,
    AsynchronousLeapfrog,
    ImplicitRungeKutta,
    Method,
    Symplectic,
)
from solver.step import MakeStages, RungeKuttaStepper, Stepper
from solver.symplectic_step import SymplecticStepper
from solver.tolerance import Measure


def make_stepper(
    method: Method, field: FlatField, stages: MakeStages, like: Tensor, measure: Measure | None
) -> Stepper:
    """The stepper of `method` for flat states like `like`. `measure` is what adaptive steps keep to, None for fixed."""
    if isinstance(method, ImplicitRungeKutta):
        return ImplicitRungeKuttaStepper(method, field, stages, like, measure)
    if isinstance(method, AdamsBashforth | AdamsBashforthMoulton):
        return AdamsStepper(method, field, stages, like)
    if isinstance(method, Symplectic):
        return SymplecticStepper(method, field, stages, like)
    if isinstance(method, AsynchronousLeapfrog):
        return AsynchronousLeapfrogStepper(field, stages, like)
    return RungeKuttaStepper(method, field, stages, like)
