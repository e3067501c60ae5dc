"""Interpolated: the adjoint equation and the parameters' quadrature, integrated back along the kept solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from solver import gradient_modes
from solver.gradients.adjoint_equation import AdjointSolve, Cotangents, ForwardPass, solve_keeping_solution, unit
from solver.gradients.problem import Outcome, Problem


@dataclass(frozen=True)
class Interpolated:
    """The gradient of the exact solution, to tolerance: the state is looked up in the forward pass's dense output.

    (a, dL/dθ) is integrated backwards; what `backsolve` loses by running the state backwards too, this keeps in
    memory: some states more per step than `checkpointed`, but its steps back are as long as the adjoint allows.
    """

    name: str = gradient_modes.INTERPOLATED.name
    sentence: str = gradient_modes.INTERPOLATED.sentence

    def solve(self, problem: Problem) -> Outcome:
        return solve_keeping_solution(problem, self)

    def pull_back(self, forward: ForwardPass, rows: Tensor, parameters: Sequence[Tensor]) -> Cotangents:
        z = AdjointSolve(forward, forward.problem.field, parameters).run(rows).z * unit(rows)
        y0, *found = z.split([rows.shape[1], *(parameter.numel() for parameter in parameters)])
        return Cotangents(y0, found)
