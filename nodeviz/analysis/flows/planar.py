"""A planar flow, trained beside others: data to base for likelihood, base to energy for reverse KL."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nodeviz.analysis.flows.compared_flow import ComparedFlow
from nodeviz.analysis.flows.continuous import BATCH_STREAM, JUDGED
from nodeviz.analysis.flows.planar_layers import drawn_planar_flow, planar_flow
from nodeviz.analysis.learner import Learner
from nodeviz.experiment import Experiment
from nodeviz.tasks import MatchDensity
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.chosen import judges_of, samples_of
from nodeviz.tasks.densities.objectives.samples import Samples


class PlanarFlow(ComparedFlow):
    """So many layers, with the batches, the rate and the averaging of `experiment`."""

    def __init__(self, layers: int, experiment: Experiment, task: MatchDensity) -> None:
        seed = experiment.training.seed
        self.name, self._layers = f"planar, {layers} layers", layers
        self._theta = drawn_planar_flow(layers, seed)
        self.parameters = self._theta.numel()
        self._learner = Learner(self._theta, experiment.training)
        self._generator = np.random.default_rng([seed, BATCH_STREAM])
        self._base, self._batch = Flow(task.base, task.duration), task.batch
        self._samples: Samples | None = None
        if task.objective == "reverse-kl":
            self._energy = energy_of(experiment.dataset)
            self._judges = judges_of(self._base, seed, JUDGED).float()
        else:
            self._samples = samples_of(task.points_of(experiment.dataset), seed, task.batch, JUDGED)
            self._judges = self._samples.held_out.float()

    def step(self) -> None:
        """Down the gradient for one minibatch."""
        theta = self._theta.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self._loss(theta, self._batch_drawn()), theta)
        self._learner.step(gradient)

    def merit(self) -> float:
        """Of the points that judge all of them."""
        with torch.no_grad():
            return float(self._loss(self._learner.shown, self._judges))

    def evaluations(self) -> float | None:
        """The layers, where they lead to the samples."""
        return None if self._samples is not None else float(self._layers)

    def _batch_drawn(self) -> Tensor:
        if self._samples is not None:
            return self._samples.draw(self._generator, self._theta)
        return self._base.draw_base(self._batch, self._generator, self._theta)

    def _loss(self, theta: Tensor, points: Tensor) -> Tensor:
        ys, log_det = planar_flow(theta, points)
        if self._samples is not None:
            return -(self._base.log_base(ys) + log_det).mean()
        return (self._base.log_base(points) - log_det + self._energy(ys)).mean()
