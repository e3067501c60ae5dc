"""What an objective is: the loss of a training step, and the figure of merit."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.run import LossResult
from nodeviz.tasks.solving import SolverSettings


class Objective(ABC):
    """What a field is trained for."""

    @abstractmethod
    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The loss of one minibatch drawn with `generator`."""

    @abstractmethod
    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The figure of merit, with the exact divergence; NaN when the solve does not get to its end."""
