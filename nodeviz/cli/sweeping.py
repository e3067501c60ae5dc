"""A sweep: one training after another, or only a solve with the weights there are, and what each came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import nan
from typing import NamedTuple

import numpy as np

from nodeviz.cli.interruption import Interruption
from nodeviz.cli.progress_bar import ProgressBar
from nodeviz.cli.training import Outcome, Training, check_weights, trainer_from
from nodeviz.engine.trainer import StepResult, Trainer
from nodeviz.experiment import Experiment
from nodeviz.library.model_file import Model


class Found(NamedTuple):
    """The figure of merit, the loss of the last step, evaluations a step on average, seconds, and what went wrong."""

    merit: float
    loss: float
    nfe_forward: float
    nfe_backward: float
    seconds: float
    trouble: str = ""


NOTHING = Found(nan, nan, nan, nan, nan)


class Sweeping:
    """`experiments`, each going on from `model`, for `steps` training steps.

    Raises `ValueError` when one of them cannot go on from there.
    """

    def __init__(self, model: Model, experiments: Sequence[Experiment], steps: int) -> None:
        for experiment in experiments:
            check_weights(model, experiment)
        self._model = model
        self._experiments = experiments
        self._steps = steps
        self._bar = ProgressBar(max(1, steps) * len(experiments))
        self._taken = 0
        self.interrupted = False

    def run(self) -> Iterator[Found]:
        """What each experiment comes to, in their order; Ctrl+C ends it, without the one under way."""
        with suppress(ValueError):
            trainer_from(self._model, self._experiments[0]).step()  # what is slow but once is no price of the first row
        for experiment in self._experiments:
            with Interruption() as interruption:
                found = self._found(experiment)
            self._bar.clear()
            self.interrupted = self.interrupted or interruption.asked
            if self.interrupted:
                return
            yield found

    def _found(self, experiment: Experiment) -> Found:
        try:
            trainer = trainer_from(self._model, experiment)
        except ValueError as error:  # such as a device that is not here
            return NOTHING._replace(trouble=str(error))
        outcome = Training(trainer, self._steps).run(self._note, lambda outcome: None)
        self.interrupted = outcome.interrupted
        if self.interrupted:
            return NOTHING
        return _trained(outcome) if self._steps else self._solved(trainer, outcome)

    def _solved(self, trainer: Trainer, outcome: Outcome) -> Found:
        """With the weights there are: the price is that of one training step, which nobody sees."""
        result = trainer.step()
        self._note(0, result)
        trouble = result.trouble.sentence if result.trouble else ""
        return Found(outcome.merit, result.loss, result.nfe_forward, result.nfe_backward, result.seconds, trouble)

    def _note(self, step: int, result: StepResult) -> None:
        self._taken += 1
        self._bar.show(self._taken, result.loss, result.nfe_forward + result.nfe_backward)


def _trained(outcome: Outcome) -> Found:
    history = outcome.history
    trouble = outcome.trouble.sentence if outcome.trouble else ""
    forward, backward = (float(np.mean(counts)) for counts in (history.nfe_forward, history.nfe_backward))
    return Found(outcome.merit, float(history.loss[-1]), forward, backward, float(history.seconds.sum()), trouble)
