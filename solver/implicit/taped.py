"""How solved stages get the graph of the equations they solve: by the implicit function theorem, not by iterations."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.field import FlatField
from solver.implicit.jacobians import Jacobians
from solver.implicit.stage_equations import StageEquations
from solver.implicit.stage_system import StageSystem

DERIVATIVES = 2
"""Up to this order derivatives are exact. Each costs an evaluation of all stages on the tape."""


def attached(equations: StageEquations, slopes: Tensor, field: FlatField, jacobians: Jacobians) -> Tensor:
    """The same slopes, differentiable as the solution of the equations in all that these depend on.

    A Newton step with a constant matrix, the exact one, adds nothing to the slopes but one order of their derivatives.
    """
    slopes = slopes.detach()
    residual = equations.values(field, slopes) - slopes
    if not residual.requires_grad:
        return slopes
    system = _exact_system(equations, slopes, jacobians)
    for order in range(DERIVATIVES):
        if order:
            residual = equations.values(field, slopes) - slopes
        step = system.solve(residual)
        slopes = slopes + (step - step.detach())
    return slopes


def _exact_system(equations: StageEquations, slopes: Tensor, jacobians: Jacobians) -> StageSystem:
    with torch.no_grad():
        states = equations.states(slopes).unbind()
        blocks = [jacobians.blocks(t, y) for t, y in zip(equations.times, states, strict=True)]
        return StageSystem(equations.a, equations.dt, torch.stack(blocks))
