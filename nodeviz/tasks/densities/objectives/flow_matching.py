"""Flow matching: the field regresses to straight paths from base points to data, and nothing is solved."""

from __future__ import annotations

import numpy as np
import torch

from nodeviz.tasks.densities.assignment import cheapest_pairs
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.samples import OfSamples, Samples
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.run import LossResult
from nodeviz.tasks.solving import SolverSettings
from solver import Stats, Status


class FlowMatching(OfSamples):
    """Least mean square of f - (y - z) / duration on the straight path from z to y (Lipman et al., 2023).

    Pairs are random, or, `transported`, those of least squared distance within the batch (Tong et al., 2024).
    """

    def __init__(self, flow: Flow, samples: Samples, transported: bool) -> None:
        super().__init__(flow, samples)
        self._transported = transported

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The mean over a minibatch of pairs, each at a random time."""
        ys = self._samples.draw(generator, learnt.field.theta)
        zs = self._flow.draw_base(len(ys), generator, ys)
        if self._transported:
            ys = ys[cheapest_pairs(zs, ys)]
        # one time in each of as many equal intervals: less noise than independent times
        shares = (torch.arange(len(ys)) + torch.from_numpy(generator.random(len(ys)))) / len(ys)
        shares = shares.to(ys)
        between = torch.lerp(zs, ys, shares.unsqueeze(1))
        velocity = learnt.field(self._flow.duration * shares, between)
        missed = velocity - (ys - zs) / self._flow.duration
        return LossResult(missed.square().sum(1).mean(), Stats(nfe_forward=1, nfe_backward=1), Status.success)
