"""Do the field itself and the kernel give the same slope where a solve starts?"""

from __future__ import annotations

from ctypes import CDLL
from functools import lru_cache
from math import inf, isfinite

import torch
from torch import Tensor

from solver.controllers import FIXED
from solver.field import Field
from solver.methods.euler import EULER
from solver.native.description import NativeField
from solver.native.rules import rules_of, tableau_of
from solver.native.run import Run
from solver.native.structures import Rules
from solver.plan import Plan
from solver.tolerance import Tolerance

STEP = 1024.0
"""Of the one step by Euler's method that shows the kernel's slope: so long that y0 takes no digits from it."""

APART = {torch.float32: 1e-3, torch.float64: 1e-8}
"""Relative to the largest slope. Rounding is far below it, another function far above."""


def agrees(function: Field, field: NativeField, kernel: CDLL, t0: float, y0: Tensor) -> bool:
    """Whether they do; no when one of them is not finite. One evaluation of each, that no statistics count."""
    with torch.no_grad():
        start = y0.detach()
        wanted = function(torch.scalar_tensor(t0, dtype=y0.dtype, device=y0.device), start)
        if type(wanted) is not Tensor or wanted.shape != y0.shape or wanted.dtype != y0.dtype:
            return False
        ends = start.new_empty(2, *start.shape)
        Run(kernel, field, tableau_of(EULER), _rules(), start, (t0, t0 + STEP), ends, keep=False)
        apart = ends[1].sub_(start).sub_(wanted, alpha=STEP)
        size = max(_largest(wanted) * STEP, _largest(start))
        return isfinite(size) and _largest(apart) <= APART[y0.dtype] * size


def _largest(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor, inf))


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return rules_of(Plan(EULER, FIXED, Tolerance(1.0, 1.0), STEP, 2), 0)
