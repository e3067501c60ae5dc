"""torchdiffeq's names of methods, and what they are here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solver.controllers import FIRST_ERROR, FIXED, Controller, Decision, ErrorHistory
from solver.method import ImplicitRungeKutta, Method, RungeKutta
from solver.methods.adams import DEFAULT_ORDER, adams_bashforth, adams_bashforth_moulton
from solver.methods.bosh3 import BOSH3
from solver.methods.dop853 import DOP853
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.methods.fehlberg2 import FEHLBERG2
from solver.methods.heun import HEUN
from solver.methods.heun3 import HEUN3
from solver.methods.heun_euler import HEUN_EULER
from solver.methods.implicit_euler import IMPLICIT_EULER
from solver.methods.midpoint import MIDPOINT
from solver.methods.radau5 import RADAU5
from solver.methods.rk4_38 import RK4_38
from solver.methods.trapezoidal import TRAPEZOIDAL
from solver.methods.tsit5 import TSIT5
from solver.tableau import ErrorEstimate
from solver.torchdiffeq.implicit_methods import GAUSS4, GAUSS6, IMPLICIT_MIDPOINT, RADAU3, SDIRK2, TRBDF2
from solver.torchdiffeq.trouble import WrongArgument

DEFAULT = "dopri5"
SCIPY = "scipy_solver"
HIGHEST_ORDER = 8
"""Starting steps have no higher order, and no higher one is stable enough to be of use."""


def _shampine(method: RungeKutta) -> RungeKutta:
    """Dormand-Prince 5(4) with Shampine's fourth-order weights, whose error estimate is 2/3 of the original one.

    Source: Shampine, Some practical Runge-Kutta formulas, Math. Comp. 46 (1986).
    """
    (original,) = method.tableau.estimates
    estimate = ErrorEstimate(tuple(2 / 3 * weight for weight in original.weights), original.order)
    return replace(method, tableau=replace(method.tableau, estimates=(estimate,)))


ADAPTIVE: Mapping[str, Method] = {
    "dopri8": DOP853,
    "dopri5": _shampine(DOPRI5),
    "tsit5": TSIT5,
    "bosh3": BOSH3,
    "fehlberg2": FEHLBERG2,
    "adaptive_heun": HEUN_EULER,
}
FIXED_STEP: Mapping[str, Method] = {
    "euler": EULER,
    "midpoint": MIDPOINT,
    "heun2": HEUN,
    "heun3": HEUN3,
    "rk4": RK4_38,
    "implicit_euler": IMPLICIT_EULER,
    "trapezoid": TRAPEZOIDAL,
    "radauIIA5": RADAU5,
    "implicit_midpoint": IMPLICIT_MIDPOINT,
    "radauIIA3": RADAU3,
    "gl4": GAUSS4,
    "gl6": GAUSS6,
    "sdirk2": SDIRK2,
    "trbdf2": TRBDF2,
}
ADAMS = ("explicit_adams", "implicit_adams", "fixed_adams")
NAMES = (*ADAPTIVE, *FIXED_STEP, *ADAMS, SCIPY)


def checked_name(name: str | None) -> str:
    """The method's name, by default dopri5. Raises when there is none of that name."""
    if name is None:
        return DEFAULT
    if name not in NAMES:
        raise WrongArgument(f'Invalid method "{name}". Must be one of {", ".join(NAMES)}.')
    return name


def fixed_step_method(name: str, max_order: int | None) -> Method:
    """The fixed-step method of that name; Adams methods of an order no higher than is of use."""
    if name not in ADAMS:
        return FIXED_STEP[name]
    if max_order is not None and max_order < 1:
        raise WrongArgument(f"max_order must be at least 1; got {max_order}.")
    order = DEFAULT_ORDER if max_order is None else min(int(max_order), HIGHEST_ORDER)
    return adams_bashforth(order) if name == "explicit_adams" else adams_bashforth_moulton(order)


@dataclass(frozen=True)
class SafetyController:
    """The elementary controller as torchdiffeq has it: an accepted step is never followed by a smaller one.

    Its first step is as short as there: no later one makes up for what a longer one costs in accuracy.
    Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.4.
    """

    safety: float = 0.9
    ifactor: float = 10.0
    dfactor: float = 0.2
    name: str = "I, as torchdiffeq"
    adaptive: bool = True
    first_error: float = 0.01

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        ratio = errors.ratio
        if not ratio < float("inf"):
            return Decision(False, dt * self.dfactor)
        wanted = self.safety * max(ratio, 1e-300) ** (-1.0 / (error_order + 1))
        smallest = 1.0 if ratio < 1.0 else self.dfactor
        return Decision(ratio <= 1.0, dt * min(self.ifactor, max(wanted, smallest)))


@dataclass(frozen=True)
class SteadyController:
    """Every step has the same size and is accepted, whatever it ends in: torchdiffeq's fixed steps have no trouble.

    What overflows in a batch stays infinite or not a number, and leaves the rest of it alone.
    """

    name: str = "fixed, as torchdiffeq"
    adaptive: bool = False
    first_error: float = FIRST_ERROR

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        return Decision(True, dt)


def controller(name: str, options: Mapping[str, Any]) -> Controller:
    """What chooses the steps of the method of that name."""
    if name not in ADAPTIVE:
        # where Newton's method fails there is no state to go on from
        return FIXED if isinstance(FIXED_STEP.get(name), ImplicitRungeKutta) else SteadyController()
    safety, ifactor, dfactor = (options.get(key) for key in ("safety", "ifactor", "dfactor"))
    return SafetyController(
        0.9 if safety is None else float(safety),
        10.0 if ifactor is None else float(ifactor),
        0.2 if dfactor is None else float(dfactor),
    )
