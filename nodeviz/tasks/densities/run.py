"""The task `MatchDensity` under way: what a step costs, how good the flow is, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nodeviz.datasets.declared import PointDataset
from nodeviz.fields.layout import size_of
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.flow_matching import FlowMatching
from nodeviz.tasks.densities.objectives.likelihood import Likelihood
from nodeviz.tasks.densities.objectives.objective import Objective
from nodeviz.tasks.densities.objectives.reverse_kl import ReverseKL
from nodeviz.tasks.densities.objectives.samples import Samples
from nodeviz.tasks.densities.portrait import DensityPortrait
from nodeviz.tasks.densities.way import Way
from nodeviz.tasks.device import chosen_device
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.run import LossResult, Problem, Run
from nodeviz.tasks.solving import SolverSettings

if TYPE_CHECKING:
    from nodeviz.tasks.match_density import MatchDensity

JUDGES_STREAM = 8
"""The base points that judge a flow to an energy come from a stream of their own of the training seed."""
JUDGES = 4096


class DensityRun(Run):
    """The task `MatchDensity` under way."""

    def __init__(self, task: MatchDensity, problem: Problem) -> None:
        parameters = size_of(problem.field.layout())
        self.device = chosen_device(problem.training.device, parameters * task.batch)
        flow = Flow(task.base, task.duration)
        self._objective = _objective(task, problem, flow)
        self._portrait = DensityPortrait(task, problem, flow)

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The objective's, of one minibatch."""
        return self._objective.loss(learnt, generator, solver)

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """Held-out negative log-likelihood, or E[log q + U], with the exact divergence."""
        return self._objective.evaluate(learnt, solver)

    def picture(self, learnt: Learnt, viewpoint: Viewpoint, solver: SolverSettings) -> Picture:
        """The density at the viewpoint's time, samples as they flow, and how good the flow is."""
        return self._portrait.picture(learnt, viewpoint, solver)


def _objective(task: MatchDensity, problem: Problem, flow: Flow) -> Objective:
    way = Way(task.divergence, task.kinetic, task.jacobian)
    if task.objective == "reverse-kl":
        return ReverseKL(flow, energy_of(problem.dataset), task.batch, judges_of(flow, problem.training.seed), way)
    samples = samples_of(task.points_of(problem.dataset), problem.training.seed, task.batch)
    if task.objective == "likelihood":
        return Likelihood(flow, samples, way)
    return FlowMatching(flow, samples, transported=task.objective == "ot-flow-matching")


def samples_of(dataset: PointDataset, seed: int, batch: int) -> Samples:
    """The points of `seed` as tensors of float64."""
    train, held_out = dataset.sample(seed)
    return Samples(torch.from_numpy(train.ys.copy()), torch.from_numpy(held_out.ys.copy()), batch)


def judges_of(flow: Flow, seed: int) -> Tensor:
    """The base points that judge a flow to an energy, (n, 2) float64."""
    drawn = np.random.default_rng([seed, JUDGES_STREAM])
    return flow.draw_base(JUDGES, drawn, torch.zeros((), dtype=torch.float64))
