"""A solve as one node of autograd's graph: integrated without one, and pulled back by a function of its own."""

from __future__ import annotations

import torch

from solver.field import FlatField
from solver.gradients.problem import Outcome, Problem
from solver.trajectory import Trajectory


def recorded(problem: Problem, field: FlatField, function: type[torch.autograd.Function], *how: object) -> Outcome:
    """Integrate `field`, by `function` where a gradient may be asked for.

    Its forward pass takes (problem, found, field, slope, *how, y0, *parameters), integrates from f's value `slope` at
    the start, appends the trajectory to the list `found`, and returns the saved states.
    """
    slope = problem.first_slope(field)
    if not problem.needs_gradient:
        return problem.outcome(problem.integrate(field, problem.y0.reshape(-1), first_slope=slope))
    found: list[Trajectory] = []
    ys = function.apply(problem, found, field, slope, *how, problem.y0, *problem.parameters)
    return problem.outcome(found[0], ys)
