"""Direct: backpropagation through every operation of the solver (the paper's RK-Net)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from solver import gradient_modes
from solver.field import AutogradField
from solver.gradients.problem import Outcome, Problem
from solver.stages import StageBuffer, StageTape


@dataclass(frozen=True)
class Direct:
    """Exact for the discrete solve, also for tensors that the field closes over; memory grows with every stage.

    Step sizes are constants. Derivatives of any order in y0 and the parameters.
    """

    name: str = gradient_modes.DIRECT.name
    sentence: str = gradient_modes.DIRECT.sentence

    def solve(self, problem: Problem) -> Outcome:
        recording = torch.is_grad_enabled()
        if recording and not isinstance(problem.tape, AutogradField):
            raise ValueError(
                'gradient="direct" records the field\'s own operations: make it callable as field(t, y), '
                'or use gradient="checkpointed".'
            )
        field = problem.flat(problem.tape if recording else problem.field)
        start = problem.y0.clone().reshape(-1)  # should the field write to it, the caller's is left alone
        slope = None if problem.steps_nowhere else field.evaluate_checked(problem.times[0], start)
        stages = StageTape if recording else StageBuffer
        return problem.outcome(problem.integrate(field, start, stages, first_slope=slope))
