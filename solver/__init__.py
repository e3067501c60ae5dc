"""Ordinary differential equations in torch: many methods, honest statistics, several ways to a gradient.

    from solver import solve
    solution = solve(field, y0, ts, method="dopri5", rtol=1e-6, atol=1e-8)

The names below load on first use, so that `solver.methods`, which is data, can be read without importing torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solver.auditing import audit_gradient as audit_gradient
    from solver.certifying.certificate import Certificate as Certificate
    from solver.certifying.certificate import certify as certify
    from solver.controllers import CONTROLLERS as CONTROLLERS
    from solver.controllers import FixedController as FixedController
    from solver.controllers import PIDController as PIDController
    from solver.events import Event as Event
    from solver.field import DifferentiableField as DifferentiableField
    from solver.field import Gradients as Gradients
    from solver.gradient_audit import GradientAudit as GradientAudit
    from solver.gradient_modes import GRADIENT_MODES as GRADIENT_MODES
    from solver.gradients import GRADIENTS as GRADIENTS
    from solver.method import AdamsBashforth as AdamsBashforth
    from solver.method import AdamsBashforthMoulton as AdamsBashforthMoulton
    from solver.method import AsynchronousLeapfrog as AsynchronousLeapfrog
    from solver.method import ImplicitRungeKutta as ImplicitRungeKutta
    from solver.method import RungeKutta as RungeKutta
    from solver.method import Symplectic as Symplectic
    from solver.methods import METHODS as METHODS
    from solver.methods.adams import adams_bashforth as adams_bashforth
    from solver.methods.adams import adams_bashforth_moulton as adams_bashforth_moulton
    from solver.own_tableau import own_method as own_method
    from solver.solution import EventRecord as EventRecord
    from solver.solution import Samples as Samples
    from solver.solution import SampleSteps as SampleSteps
    from solver.solution import Solution as Solution
    from solver.solution import Stats as Stats
    from solver.solution import Status as Status
    from solver.solution import StepRecord as StepRecord
    from solver.solving import solve as solve
    from solver.tableau import ButcherTableau as ButcherTableau
    from solver.tableau import ErrorEstimate as ErrorEstimate

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
    return sorted(_HOMES)
