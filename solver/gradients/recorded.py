"""A solve as one node of autograd's graph: integrated without one, and pulled back by a function of its own."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.field import FlatField
from solver.gradients.problem import Outcome, Problem
from solver.stages import StageBuffer
from solver.step import MakeStages
from solver.trajectory import Keep, Trajectory


class Recording:
    """A solve that is being recorded: a problem, its field as the steps see it, f at the start, and what was found."""

    def __init__(self, problem: Problem, field: FlatField, first_slope: Tensor | None) -> None:
        self.problem, self.field = problem, field
        self.found: list[Trajectory] = []
        self._first_slope = first_slope

    def integrate(
        self,
        y0: Tensor,
        problem: Problem | None = None,
        stages: MakeStages = StageBuffer,
        *,
        first_slope: Tensor | None = None,
        keep: Keep = Keep.nothing,
    ) -> Trajectory:
        """Integrate from the flat y0, by another problem's plan and from another's first slope where one is given."""
        how = self.problem if problem is None else problem
        slope = self._first_slope if first_slope is None else first_slope
        self.found.append(how.integrate(self.field, y0, stages, first_slope=slope, keep=keep))
        return self.found[-1]


def recorded(problem: Problem, field: FlatField, function: type[torch.autograd.Function], *how: object) -> Outcome:
    """Integrate `field`, by `function` where a gradient may be asked for.

    Its forward pass takes (recording, *how, y0, *parameters), has the recording integrate, and returns the states.
    """
    recording = Recording(problem, field, problem.first_slope(field))
    if not problem.needs_gradient:
        return problem.outcome(recording.integrate(problem.y0.reshape(-1)))
    ys = function.apply(recording, *how, problem.y0, *problem.parameters)
    return problem.outcome(recording.found[0], ys)
