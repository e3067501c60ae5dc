"""Reverse Kullback-Leibler divergence: samples of the flow, judged by an energy and by their own density."""

from __future__ import annotations

from collections.abc import Callable

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

Energy = Callable[[Tensor], Tensor]
"""ys (batch, 2) -> U (batch,), differentiable."""


class ReverseKL(Objective):
    """Least E[log q + U] over the flow's own samples: KL(q | p) - log Z (Rezende & Mohamed, 2015)."""

    def __init__(self, flow: Flow, energy: Energy, batch: int, judges: Tensor, way: Way) -> None:
        self._flow = flow
        self._energy = energy
        self._batch = batch
        self._judges = judges
        self._way = way

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The mean over a minibatch of base points."""
        zs = self._flow.draw_base(self._batch, generator, learnt.field.theta)
        flowed = self._flow.forth(self._way.accompanied(learnt.field, generator, zs), zs, solver)
        loss = self._way.cost(flowed) + self._free_energy(zs, flowed)
        return LossResult(loss, flowed.solution.stats, flowed.solution.status)

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The mean over base points that are always the same."""
        zs = self._judges.to(learnt.field.theta)
        with torch.no_grad():
            return float(self._free_energy(zs, self._flow.forth(exactly(learnt.field), zs, solver)))

    def _free_energy(self, zs: Tensor, flowed: Flowed) -> Tensor:
        return (self._flow.log_base(zs) + flowed.gained + self._energy(flowed.ys)).mean()
