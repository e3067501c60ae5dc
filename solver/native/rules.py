"""A method's tableau and a plan's rules, as the kernel takes them."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import c_double
from typing import NamedTuple

from torch import Tensor

from solver.controllers import PIDController
from solver.method import RungeKutta
from solver.native.structures import Rules, Tableau
from solver.norms import MAX, RMS, SAMPLE
from solver.plan import Plan
from solver.tableau import Row, padded
from solver.tolerance import Measure, NormedTolerance, Tolerance

MOST_STAGES = 32
"""As in kernel/method.h."""
NORMS = (RMS, MAX, SAMPLE)
"""In the order of the codes of kernel/measure.h."""
_STAND_IN = PIDController()
"""What a rule for equal steps leaves unread."""


class Kept(NamedTuple):
    """A method, and its tableau as the kernel takes it."""

    method: RungeKutta
    tableau: Tableau


_made: dict[int, Kept] = {}


def tableau_of(method: RungeKutta) -> Tableau:
    """Made once for each method; kept by identity, since hashing a tableau costs more than a short solve."""
    kept = _made.get(id(method))
    if kept is None:
        if len(_made) > 100:  # someone makes methods on the way
            _made.clear()
        kept = _made[id(method)] = Kept(method, _tableau(method))
    return kept.tableau


def _tableau(method: RungeKutta) -> Tableau:
    own = method.tableau
    size = len(own.all_c)
    rows = own.dense_rows
    return Tableau(
        own.stages,
        size,
        own.advancing,
        -1 if own.handed_on is None else own.handed_on,
        len(own.estimates),
        len(rows),
        method.error_order if method.adaptive else 0,
        _numbers([own.all_c], size),
        _numbers(own.all_a, size),
        _numbers([own.b], size),
        _numbers([estimate.weights for estimate in own.estimates], size),
        _numbers(rows, size),
    )


def _numbers(rows: Iterable[Row], size: int) -> object:
    flat = [number for row in rows for number in padded(row, size)]
    return (c_double * max(1, len(flat)))(*flat)


def norm_code(tolerance: Measure, y0: Tensor) -> int | None:
    """The kernel's code of the norm that errors are told by, or None where it has none."""
    if type(tolerance) is Tolerance:
        return 0 if tolerance.entries is None else None
    if type(tolerance) is not NormedTolerance or isinstance(tolerance.rtol, Tensor):
        return None
    places = [place for place, norm in enumerate(NORMS) if norm is tolerance.norm]
    if not places or isinstance(tolerance.atol, Tensor):
        return None
    code = places[0]
    flat = y0.detach().reshape(-1)
    typed = tolerance.typed(flat)
    plain = typed.shape == y0.shape and typed.data_ptr() == flat.data_ptr() and typed.is_contiguous()
    by_rows = y0.dim() == 2 or code != NORMS.index(SAMPLE)
    return code if plain and by_rows else None


def rules_of(plan: Plan, norm: int) -> Rules:
    """The plan's numbers."""
    tolerance, controller = plan.tolerance, plan.controller
    rtol, atol = (tolerance.rtol, tolerance.atol) if isinstance(tolerance, Tolerance | NormedTolerance) else (0.0, 0.0)
    by = controller if isinstance(controller, PIDController) else _STAND_IN
    return Rules(
        controller.adaptive,
        norm,
        plan.max_steps,
        rtol,
        atol,
        plan.dt or 0.0,
        plan.min_step,
        plan.max_step,
        by.beta1,
        by.beta2,
        by.beta3,
        by.safety,
        by.min_factor,
        by.max_factor,
    )
