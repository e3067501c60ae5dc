"""Training for a study: the experiment's own rule, rate, decay and averaging, one step at a time."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from nodeviz.experiment import TrainingSettings
from nodeviz.tasks.descent import Descent
from nodeviz.tasks.optimisers import optimiser_named


class Learner:
    """Moves `trained`, which is flat, but for the places `held` in it; `shown` follows as its running mean."""

    def __init__(self, trained: Tensor, training: TrainingSettings, held: Sequence[int] = ()) -> None:
        self.steps = 0
        self.shown = trained.clone()
        self._training = training
        self._descent = Descent(trained, self.shown, optimiser_named(training.optimiser, trained), held)

    def step(self, gradient: Tensor) -> None:
        """One step; a gradient that is no number moves nothing."""
        self._descent.move(gradient, self.steps, self._training)
        self.steps += 1
