"""Objectives that learn from samples: what trains, what judges, and the likelihood that judges it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.tasks.densities.accompanied import exactly
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.objective import Objective
from nodeviz.tasks.learnt import Learnt
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


class OfSamples(Objective):
    """Whatever it is trained for, such a flow is judged by the likelihood of samples that it has not seen."""

    def __init__(self, flow: Flow, samples: Samples) -> None:
        self._flow = flow
        self._samples = samples

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The mean negative log-likelihood of what is held out."""
        ys = self._samples.held_out.to(learnt.field.theta)
        with torch.no_grad():
            flowed = self._flow.back(exactly(learnt.field), ys, solver)
        return -float(self._flow.log_prob(flowed).mean())
