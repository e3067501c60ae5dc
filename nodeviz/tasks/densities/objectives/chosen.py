"""The objective that a task asks for, with the data that train it and the points that judge it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nodeviz.datasets.declared import PointDataset
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.flow_matching import FlowMatching
from nodeviz.tasks.densities.objectives.likelihood import Likelihood
from nodeviz.tasks.densities.objectives.objective import Objective
from nodeviz.tasks.densities.objectives.reverse_kl import ReverseKL
from nodeviz.tasks.densities.objectives.samples import Samples
from nodeviz.tasks.densities.way import Way
from nodeviz.tasks.match_density import MatchDensity
from nodeviz.tasks.run import Problem

JUDGES_STREAM = 8
"""The base points that judge a flow to an energy come from a stream of their own of the training seed."""
JUDGES = 4096
"""Those base points; of samples all that are held out judge, unless fewer are asked for."""


def objective_of(task: MatchDensity, problem: Problem, judges: int | None = None) -> Objective:
    """What `task` trains the field of `problem` for, judged by at most so many points."""
    flow, seed = Flow(task.base, task.duration), problem.training.seed
    way = Way(task.divergence, task.kinetic, task.jacobian)
    if task.objective == "reverse-kl":
        return ReverseKL(flow, energy_of(problem.dataset), task.batch, judges_of(flow, seed, judges), way)
    samples = samples_of(task.points_of(problem.dataset), seed, task.batch, judges)
    if task.objective == "likelihood":
        return Likelihood(flow, samples, way)
    return FlowMatching(flow, samples, transported=task.objective == "ot-flow-matching")


def samples_of(dataset: PointDataset, seed: int, batch: int, judges: int | None = None) -> Samples:
    """The points of `seed` as tensors of float64."""
    train, held_out = dataset.sample(seed)
    return Samples(torch.from_numpy(train.ys.copy()), torch.from_numpy(held_out.ys[:judges].copy()), batch)


def judges_of(flow: Flow, seed: int, judges: int | None = None) -> Tensor:
    """The base points that judge a flow to an energy, (n, 2) float64."""
    drawn = np.random.default_rng([seed, JUDGES_STREAM])
    return flow.draw_base(JUDGES, drawn, torch.zeros((), dtype=torch.float64))[:judges]
