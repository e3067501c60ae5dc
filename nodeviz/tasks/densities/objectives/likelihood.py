"""Maximum likelihood: the data are carried back to the base, and should be likely there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.tasks.densities.accompanied import exactly
from nodeviz.tasks.densities.flow import Flow, Flowed
from nodeviz.tasks.densities.objectives.objective import Objective
from nodeviz.tasks.densities.way import Way
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.run import LossResult
from nodeviz.tasks.solving import SolverSettings


class Samples(NamedTuple):
    """What trains (n, 2) and what judges (m, 2), and how many of the former are taken at once."""

    train: Tensor
    held_out: Tensor
    batch: int

    def draw(self, generator: np.random.Generator, like: Tensor) -> Tensor:
        """Some that train (batch, 2), on the device and in the dtype of `like`."""
        rows = generator.integers(len(self.train), size=self.batch)
        return self.train[torch.from_numpy(rows)].to(like)


class Likelihood(Objective):
    """Least negative log-likelihood of samples, and of what regularisation costs."""

    def __init__(self, flow: Flow, samples: Samples, way: Way) -> None:
        self._flow = flow
        self._samples = samples
        self._way = way

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The mean over a minibatch."""
        ys = self._samples.draw(generator, learnt.field.theta)
        flowed = self._flow.back(self._way.accompanied(learnt.field, generator, ys), ys, solver)
        loss = self._way.cost(flowed) - self._flow.log_prob(flowed).mean()
        return LossResult(loss, flowed.solution.stats, flowed.solution.status)

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The mean negative log-likelihood of what is held out."""
        flowed = held_out_flowed(self._flow, self._samples.held_out, learnt, solver)
        return -float(self._flow.log_prob(flowed).mean())


def held_out_flowed(flow: Flow, ys: Tensor, learnt: Learnt, solver: SolverSettings) -> Flowed:
    """Samples carried back to the base with the exact divergence."""
    with torch.no_grad():
        return flow.back(exactly(learnt.field), ys.to(learnt.field.theta), solver)
