"""Training without a window: one step after another in this process, until done, interrupted or stuck."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import nan
from time import monotonic
from typing import NamedTuple

import numpy as np
import torch

from nodeviz.cli.interruption import Interruption
from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.patience import Patience
from nodeviz.engine.trainer import StepResult, Trainer, TrainerState, Trouble, carried_state
from nodeviz.experiment import Experiment
from nodeviz.library.model_file import Model
from nodeviz.library.runs import History
from solver import native

EVALUATED_EVERY = 100
"""Steps from one figure of merit to the next: a solve over all data costs as much as a few steps."""
SAVED_EVERY = 60.0
"""Seconds from one saving to the next while training goes on."""
LONGEST_BUILD = 60.0
"""Seconds to wait for the solver's kernel; it takes one or two, once on a machine."""


class Outcome(NamedTuple):
    """Where training stands: the model, what every step came to, the figure of merit, and why it ended early."""

    model: Model
    history: History
    merit: float
    seconds: float
    device: str
    interrupted: bool = False
    trouble: Trouble | None = None


def trainer_from(model: Model, experiment: Experiment) -> Trainer:
    """A trainer that stands where `model` does and goes on as `experiment` says.

    Raises `ValueError` when the experiment cannot be trained here, or when weights that were learnt would be lost.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)  # batches of the plane are too small to share among threads
    check_weights(model, experiment)
    native.wait(LONGEST_BUILD)  # else the same seed would not give the same weights where the kernel is new
    trainer = Trainer(experiment)  # of what is asked for alone: the file's own device may not be here
    if _is_initial(model):
        return trainer
    state = TrainerState(model.step, model.theta, model.optimiser, model.random)
    trainer.restore(carried_state(model.experiment, experiment, state))
    return trainer


def check_weights(model: Model, experiment: Experiment) -> None:
    """Raises `ValueError` when `experiment` has no data, or would lose the weights that `model` learnt."""
    if experiment.dataset.lost:
        raise ValueError(f"{experiment.dataset.lost} Name it by --path, or put it beside the model or the experiment.")
    if not (_is_initial(model) or keeps_weights(model.experiment, experiment)):
        raise ValueError(_lost_weights(model, experiment))


def _is_initial(model: Model) -> bool:
    """Whether nothing was learnt or set: the weights are those that the seed gives."""
    experiment = model.experiment
    return not model.step and np.array_equal(model.theta, experiment.initial_parameters())


def _lost_weights(model: Model, experiment: Experiment) -> str:
    before, asked = model.experiment.training.seed, experiment.training.seed
    what = f"the seed {asked} instead of {before}" if before != asked else "another field, or one of another size"
    return (
        f"The file has the weights of step {model.step}, and they would be lost: {what} is asked for. Leave that "
        "option out to go on from them, or start anew from an experiment: a ready-made one, or --experiment FILE.json."
    )


class Training:
    """Some more steps of one trainer, and all that was measured on the way."""

    def __init__(self, trainer: Trainer, steps: int) -> None:
        self.trainer = trainer
        self._steps = steps
        self._rows: list[tuple[float, ...]] = []
        self._began = monotonic()

    def run(self, tell: Callable[[int, StepResult], None], save: Callable[[Outcome], None]) -> Outcome:
        """Train. Every step is told; now and then, and at the end, what is there is saved."""
        save_at, patience = monotonic() + SAVED_EVERY, Patience()
        with Interruption() as interruption:
            while len(self._rows) < self._steps and not patience.lost and not interruption.asked:
                result = self.trainer.step()
                patience.note(bool(result.trouble))
                self._note(result)
                tell(self.trainer.steps, result)
                if monotonic() > save_at:
                    save(self._outcome(result.trouble))
                    save_at = monotonic() + SAVED_EVERY
            outcome = self._outcome(result.trouble if patience.lost else None, interruption.asked)
            save(outcome)
        return outcome

    def _note(self, result: StepResult) -> None:
        last = len(self._rows) + 1 == self._steps
        merit = self.trainer.evaluate() if last or self.trainer.steps % EVALUATED_EVERY == 0 else nan
        counts = (result.nfe_forward, result.nfe_backward, result.rejected)
        self._rows.append((result.loss, merit, *counts, result.seconds))

    def _outcome(self, trouble: Trouble | None, interrupted: bool = False) -> Outcome:
        state = self.trainer.state()
        model = Model(self.trainer.experiment, state.theta, state.step, state.optimiser, state.random)
        history = History(*np.array(self._rows, np.float64).reshape(-1, len(History._fields)).T)
        merit = float(history.test[-1]) if len(history.test) else nan
        if np.isnan(merit):
            merit = self.trainer.evaluate()
        seconds = monotonic() - self._began
        return Outcome(model, history, merit, seconds, str(self.trainer.device), interrupted, trouble)
