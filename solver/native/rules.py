"""A method's tableau and a plan's rules, as the kernel takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ctypes import c_double
from typing import Generic, NamedTuple, TypeVar

from torch import Tensor

from solver.controllers import PIDController
from solver.method import RungeKutta
from solver.native.description import Network
from solver.native.structures import Rules, Tableau
from solver.norms import MAX, RMS, SAMPLE
from solver.plan import Plan
from solver.tableau import Row, padded
from solver.tolerance import Measure, NormedTolerance, Tolerance

MOST_STAGES = 32
"""As in kernel/method.h."""
NORMS = (RMS, MAX, SAMPLE)
"""In the order of the codes of kernel/measure.h."""
MOST_KEPT = 100
_STAND_IN = PIDController()
"""What a rule for equal steps leaves unread."""


Source = TypeVar("Source")
Made = TypeVar("Made")


class Kept(NamedTuple, Generic[Source, Made]):
    """Something, and what was made of it for the kernel."""

    source: Source
    made: Made


class Once(Generic[Source, Made]):
    """Makes something of each object once, and knows it again by identity: hashing a tableau takes longer."""

    def __init__(self, make: Callable[[Source], Made]) -> None:
        self._make = make
        self._kept: dict[int, Kept[Source, Made]] = {}

    def __call__(self, source: Source) -> Made:
        kept = self._kept.get(id(source))
        if kept is None:
            if len(self._kept) >= MOST_KEPT:  # someone makes new ones on the way
                self._kept.clear()
            kept = self._kept[id(source)] = Kept(source, self._make(source))
        return kept.made


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


tableau_of = Once(_tableau)
places_of = Once(Network.places)


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
        controller.first_error,
        by.beta1,
        by.beta2,
        by.beta3,
        by.safety,
        by.min_factor,
        by.max_factor,
    )
