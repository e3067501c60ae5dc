"""Maximum likelihood: the data are carried back to the base, and should be likely there."""

from __future__ import annotations

import numpy as np

from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.samples import OfSamples, Samples
from nodeviz.tasks.densities.way import Way
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.run import LossResult
from nodeviz.tasks.solving import SolverSettings


class Likelihood(OfSamples):
    """Least negative log-likelihood of samples, and of what regularisation costs."""

    def __init__(self, flow: Flow, samples: Samples, way: Way) -> None:
        super().__init__(flow, samples)
        self._way = way

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The mean over a minibatch."""
        ys = self._samples.draw(generator, learnt.field.theta)
        flowed = self._flow.back(self._way.accompanied(learnt.field, generator, ys), ys, solver)
        loss = self._way.cost(flowed) - self._flow.log_prob(flowed).mean()
        return LossResult(loss, flowed.solution.stats, flowed.solution.status)
