"""An experiment's own flow and read-out as a classifier, differentiated in the way that is asked for."""

from __future__ import annotations

import numpy as np
import torch
from msgspec.structs import replace
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.analysis.classifiers.classifier import Classifier, Evaluations, Told
from nodeviz.experiment import Experiment
from nodeviz.tasks.classify import as_classify
from nodeviz.tasks.learnt import place
from nodeviz.tasks.lift import lifted
from nodeviz.tasks.read_out import ReadOut
from nodeviz.tasks.solving import solve_as_set


class OdeNet(Classifier):
    """The flow of the field of `experiment`, and a read-out of its end; θ is the seed's unless it is given."""

    def __init__(
        self, name: str, experiment: Experiment, gradient: str, theta: NDArray[np.float32] | None = None
    ) -> None:
        task = as_classify(experiment.task)
        self.name, self.held = name, experiment.field.held
        self._experiment = experiment
        self._settings = replace(experiment.solver, gradient=gradient)
        self._rows = task.logits(experiment.dataset)
        self._span = torch.tensor([0.0, task.end], dtype=torch.float64)
        self.theta, self._learnt = place(experiment.field, experiment.initial_parameters() if theta is None else theta)

    def tell(self, ys: Tensor) -> Told:
        """From where the flow takes points ys (n, 2); NaN when the solve does not get there."""
        start = lifted(ys, self._experiment.field)
        solution = solve_as_set(self._settings, self._learnt.field, start, self._span)
        logits = ReadOut.of(self._learnt.own, self._rows).logits(solution.ys[-1])
        return Told(logits, lambda: Evaluations(solution.stats.nfe_forward, solution.stats.nfe_backward))

    def gradient(self, loss: Tensor) -> Tensor:
        """Of a loss of what it told, in theta."""
        return self._learnt.gradient(loss)

    def having(self, theta: Tensor) -> OdeNet:
        """Another one with a copy of `theta`."""
        return OdeNet(self.name, self._experiment, self._settings.gradient, theta.numpy())
