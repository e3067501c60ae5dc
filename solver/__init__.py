"""Ordinary differential equations in torch: many methods, honest statistics, several ways to a gradient.

    from solver import solve
    solution = solve(field, y0, ts, method="dopri5", rtol=1e-6, atol=1e-8)

The names below load on first use, so that `solver.methods`, which is data, can be read without importing torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.auditing import audit_gradient
    from solver.certifying.certificate import Certificate, certify
    from solver.controllers import CONTROLLERS, FixedController, PIDController
    from solver.events import Event
    from solver.field import DifferentiableField, Gradients
    from solver.gradient_audit import GradientAudit
    from solver.gradient_modes import GRADIENT_MODES
    from solver.gradients import GRADIENTS
    from solver.method import (
        AdamsBashforth,
        AdamsBashforthMoulton,
        AsynchronousLeapfrog,
        ImplicitRungeKutta,
        RungeKutta,
        Symplectic,
    )
    from solver.methods import METHODS
    from solver.methods.adams import adams_bashforth, adams_bashforth_moulton
    from solver.own_tableau import own_method
    from solver.solution import EventRecord, Samples, SampleSteps, Solution, Stats, Status, StepRecord
    from solver.solving import solve
    from solver.tableau import ButcherTableau, ErrorEstimate

__all__ = [
    "AdamsBashforth",
    "AdamsBashforthMoulton",
    "AsynchronousLeapfrog",
    "ButcherTableau",
    "CONTROLLERS",
    "Certificate",
    "DifferentiableField",
    "ErrorEstimate",
    "Event",
    "EventRecord",
    "FixedController",
    "GRADIENTS",
    "GRADIENT_MODES",
    "GradientAudit",
    "Gradients",
    "ImplicitRungeKutta",
    "METHODS",
    "PIDController",
    "RungeKutta",
    "SampleSteps",
    "Samples",
    "Solution",
    "Stats",
    "Status",
    "StepRecord",
    "Symplectic",
    "adams_bashforth",
    "adams_bashforth_moulton",
    "audit_gradient",
    "certify",
    "own_method",
    "solve",
]

_HOMES = {
    "AdamsBashforth": "method",
    "AdamsBashforthMoulton": "method",
    "AsynchronousLeapfrog": "method",
    "ButcherTableau": "tableau",
    "CONTROLLERS": "controllers",
    "Certificate": "certifying.certificate",
    "DifferentiableField": "field",
    "ErrorEstimate": "tableau",
    "Event": "events",
    "EventRecord": "solution",
    "FixedController": "controllers",
    "GRADIENTS": "gradients",
    "GRADIENT_MODES": "gradient_modes",
    "GradientAudit": "gradient_audit",
    "Gradients": "field",
    "ImplicitRungeKutta": "method",
    "METHODS": "methods",
    "PIDController": "controllers",
    "RungeKutta": "method",
    "SampleSteps": "solution",
    "Samples": "solution",
    "Solution": "solution",
    "Stats": "solution",
    "Status": "solution",
    "StepRecord": "solution",
    "Symplectic": "method",
    "adams_bashforth": "methods.adams",
    "adams_bashforth_moulton": "methods.adams",
    "audit_gradient": "auditing",
    "certify": "certifying.certificate",
    "own_method": "own_tableau",
    "solve": "solving",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'solver' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"solver.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
