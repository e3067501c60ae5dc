"""Training for a study: the experiment's own rule, rate, decay and averaging, one step at a time."""

from __future__ import annotations

from math import isfinite

from torch import Tensor

from nodeviz.experiment import TrainingSettings
from nodeviz.tasks.optimisers import optimiser_named


class Apprentice:
    """Moves `trained`, which is flat, against the gradient of a loss; `shown` follows as its running mean."""

    def __init__(self, trained: Tensor, training: TrainingSettings) -> None:
        self.steps = 0
        self.shown = trained.clone()
        self._trained = trained
        self._training = training
        self._optimiser = optimiser_named(training.optimiser, trained)

    def step(self, gradient: Tensor) -> None:
        """One step; a gradient that is no number moves nothing."""
        training = self._training
        norm = float(gradient.norm())
        if isfinite(norm):
            if training.clip and norm > training.clip:
                gradient.mul_(training.clip / norm)
            decayed = 1 + self.steps / training.decay if training.decay else 1.0
            self._optimiser.step(self._trained, gradient, training.learning_rate / decayed, training.weight_decay)
        self.steps += 1
        # The first steps are averaged over fewer, or else the initial weights would be shown for long.
        self.shown.lerp_(self._trained, 1 - min(training.averaging, self.steps / (self.steps + 10)))
