"""An experiment's own flow, trained beside others."""

from __future__ import annotations

import numpy as np
import torch
from msgspec.structs import replace

from nodeviz.analysis.flows.compared_flow import ComparedFlow
from nodeviz.analysis.learner import Learner
from nodeviz.experiment import Experiment
from nodeviz.tasks import MatchDensity
from nodeviz.tasks.densities.objectives.chosen import objective_of
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.solving import solve_as_set

JUDGED = 1000
"""Points that judge a flow, always the same ones."""
SAMPLED = 400
"""Points that evaluations are counted for."""
BATCH_STREAM = 9
"""Batches are drawn from a stream of their own of the training seed."""


class ContinuousFlow(ComparedFlow):
    """The field of `experiment`, trained from its initial weights for `task`, which may be another than its own."""

    def __init__(self, name: str, experiment: Experiment, task: MatchDensity) -> None:
        here = replace(experiment, task=task, training=replace(experiment.training, device="cpu"))
        theta = here.initial_parameters()
        self.name, self.parameters = name, theta.size
        self._task, self._experiment = task, here
        self._objective = objective_of(task, here, JUDGED)
        trained, self._learnt = place(here.field, theta)
        self._learner = Learner(trained, here.training, here.field.held)
        self._generator = np.random.default_rng([here.training.seed, BATCH_STREAM])

    def step(self) -> None:
        """One of the task's; where its solve fails, nothing is learnt."""
        found = self._objective.loss(self._learnt, self._generator, self._experiment.solver)
        if found.status.ok:
            self._learner.step(self._learnt.gradient(found.loss))

    def merit(self) -> float:
        """As the task evaluates it."""
        return self._objective.evaluate(self._shown(), self._experiment.solver)

    def evaluations(self) -> float:
        """Of one solve of base points, with the experiment's solver."""
        field = self._shown().field
        zs = torch.from_numpy(self._task.drawn_base(SAMPLED, self._experiment.training.seed)).to(field.theta)
        span = torch.tensor((0.0, self._task.duration), dtype=torch.float64)
        with torch.no_grad():
            return float(solve_as_set(self._experiment.solver, field, zs, span).stats.nfe_forward)

    def _shown(self) -> Learnt:
        return place(self._experiment.field, self._learner.shown.numpy()).learnt
