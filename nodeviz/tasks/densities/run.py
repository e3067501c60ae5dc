"""The task `MatchDensity` under way: what a step costs, how good the flow is, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nodeviz.fields.layout import size_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.chosen import objective_of
from nodeviz.tasks.densities.portrait import DensityPortrait
from nodeviz.tasks.device import chosen_device
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.run import LossResult, Problem, Run
from nodeviz.tasks.solving import SolverSettings

if TYPE_CHECKING:
    from nodeviz.tasks.match_density import MatchDensity


class DensityRun(Run):
    """The task `MatchDensity` under way."""

    def __init__(self, task: MatchDensity, problem: Problem) -> None:
        parameters = size_of(problem.field.layout())
        self.device = chosen_device(problem.training.device, parameters * task.batch)
        self._objective = objective_of(task, problem)
        self._portrait = DensityPortrait(task, problem, Flow(task.base, task.duration))

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The objective's, of one minibatch."""
        return self._objective.loss(learnt, generator, solver)

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """Held-out negative log-likelihood, or E[log q + U], with the exact divergence."""
        return self._objective.evaluate(learnt, solver)

    def picture(self, learnt: Learnt, viewpoint: Viewpoint, solver: SolverSettings) -> Picture:
        """The density at the viewpoint's time, samples as they flow, and how good the flow is."""
        return self._portrait.picture(learnt, viewpoint, solver)
