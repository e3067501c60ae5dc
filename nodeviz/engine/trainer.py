"""One training step after another: weights in, numbers out. Knows no process and no messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite, nan
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.engine.carry import carried, keeps_weights
from nodeviz.experiment import Experiment
from nodeviz.fields.layout import size_of
from nodeviz.tasks.descent import Descent
from nodeviz.tasks.learnt import Learnt, Placed, place
from nodeviz.tasks.optimisers import Optimiser, optimiser_named
from nodeviz.tasks.run import Run
from solver.solution import Status


class Trouble(NamedTuple):
    """Why a step moved nothing: the name of a status, what happened, what to do."""

    status: str
    sentence: str
    remedy: str


class StepResult(NamedTuple):
    """What one training step came to. loss is NaN when there was trouble."""

    loss: float
    nfe_forward: int
    nfe_backward: int
    rejected: int
    seconds: float
    trouble: Trouble | None


class TrainerState(NamedTuple):
    """All that training needs to go on exactly; `theta` is what is shown, `optimiser` knows what is trained."""

    step: int
    theta: NDArray[np.float32]
    optimiser: Mapping[str, NDArray[Any]]
    random: NDArray[np.uint8]


class _Standing(NamedTuple):
    """All that training stands on. It is built whole before any of it counts."""

    experiment: Experiment
    run: Run
    lost: str
    """Why the run has no data to train with: its weights are kept, and can be looked at."""
    steps: int
    trained: Placed
    shown: Placed
    optimiser: Optimiser
    generator: np.random.Generator


class Trainer:
    """Owns θ, the optimiser and the data of one experiment.

    Two vectors: `trained` is what the optimiser moves, `shown` its running mean, which is what is evaluated, drawn
    and saved. Without averaging they are equal.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._stand_at(_at_the_beginning(experiment))

    def _stand_at(self, standing: _Standing) -> None:
        self.experiment: Experiment = standing.experiment
        self.run: Run = standing.run
        self._lost: str = standing.lost
        self.steps: int = standing.steps
        self._generator: np.random.Generator = standing.generator
        self._trained: Tensor = standing.trained.theta
        self._learnt: Learnt = standing.trained.learnt
        self._shown: Tensor = standing.shown.theta
        self._shown_learnt: Learnt = standing.shown.learnt
        self._optimise_with(standing.optimiser)

    @property
    def device(self) -> torch.device:
        return self._trained.device

    @property
    def parameters(self) -> int:
        return self._trained.numel()

    def step(self) -> StepResult:
        """Draw a batch, solve, and move θ against the gradient. Numerical trouble leaves θ where it is.

        Raises `ValueError` while the data are lost.
        """
        began = perf_counter()
        if self._lost:
            self._find_data()
        result = self.run.loss(self._learnt, self._generator, self.experiment.solver)
        loss = float(result.loss.detach()) if result.status.ok else nan
        trouble = None if result.status.ok else _trouble(result.status)
        if trouble is None and not isfinite(loss):
            trouble = Trouble(Status.non_finite.value, "The loss became infinite or not a number.", _CALM)
        if trouble is None and result.loss.requires_grad:
            trouble = self._move(self._learnt.gradient(result.loss))
        self.steps += 1
        stats = result.stats
        return StepResult(
            loss if trouble is None else nan,
            stats.nfe_forward,
            stats.nfe_backward + stats.kept,  # as the kernel counts, which keeps none
            stats.rejected,
            perf_counter() - began,
            trouble,
        )

    def evaluate(self) -> float:
        """The figure of merit for the shown weights on the full data; NaN when the solve fails or data are lost."""
        return nan if self._lost else float(self.run.evaluate(self._shown_learnt, self.experiment.solver))

    def shown(self) -> NDArray[np.float32]:
        """A copy of the weights that are drawn and saved."""
        return _as_numpy(self._shown)

    def adopt(self, new: Experiment) -> bool:
        """Take an edited experiment; whether the weights were kept.

        Rebuilds what the edit touches and keeps the rest. Raises, with all as it was before, when it cannot be built.
        """
        old = self.experiment
        if not keeps_weights(old, new):
            self._stand_at(_at_the_beginning(new))
            return False
        run, lost = self.run, self._lost
        if _run_of(old) != _run_of(new):
            run, lost = new.task.begin(new), new.dataset.lost
        if old.field != new.field or run.device != self.run.device:
            self._stand_at(_standing(new, run, lost, carried_state(old, new, self.state())))
        self.experiment, self.run, self._lost = new, run, lost
        if old.training.optimiser != new.training.optimiser:
            self._optimise_with(optimiser_named(new.training.optimiser, self._trained))
        return True

    def reset(self) -> None:
        """Step 0: the initial weights of the seed, a fresh optimiser, the same batches again."""
        self.restore(_initial_state(self.experiment))

    def state(self) -> TrainerState:
        """A copy of all that training needs to go on exactly."""
        optimiser = self._optimiser.state() | {"trained": _as_numpy(self._trained)}
        return TrainerState(self.steps, self.shown(), optimiser, _state_of(self._generator))

    def restore(self, state: TrainerState) -> None:
        """Stand where `state` was taken. Parts that it lacks are fresh.

        Raises `ValueError`, with all as it was before, when the weights are of another field.
        """
        self._stand_at(_standing(self.experiment, self.run, self._lost, state))

    def _find_data(self) -> None:
        """Begin with data that were lost, where they are there again. Raises `ValueError` while they are not."""
        self._lost = self.experiment.dataset.lost
        if self._lost:
            raise ValueError(self._lost)
        self.run = self.experiment.task.begin(self.experiment)
        self.restore(self.state())  # on the device that suits so many points

    def _optimise_with(self, optimiser: Optimiser) -> None:
        self._optimiser = optimiser
        self._descent = Descent(self._trained, self._shown, optimiser, self.experiment.field.held)

    def _move(self, gradient: Tensor) -> Trouble | None:
        if self._descent.move(gradient, self.steps, self.experiment.training):
            return None
        return Trouble(Status.non_finite.value, "The gradient became infinite or not a number.", _CALM)


def _at_the_beginning(experiment: Experiment) -> _Standing:
    return _standing(experiment, experiment.task.begin(experiment), experiment.dataset.lost, _initial_state(experiment))


def _initial_state(experiment: Experiment) -> TrainerState:
    return TrainerState(0, experiment.initial_parameters(), {}, np.zeros(0, np.uint8))


def _standing(experiment: Experiment, run: Run, lost: str, state: TrainerState) -> _Standing:
    """Where `state` was taken. Raises `ValueError` when its weights are not those of the experiment's field."""
    _check_weights(experiment, state)
    field, training = experiment.field, experiment.training
    trained = place(field, state.optimiser.get("trained", state.theta), run.device)
    optimiser = optimiser_named(training.optimiser, trained.theta)
    optimiser.restore(state.optimiser)
    return _Standing(
        experiment,
        run,
        lost,
        state.step,
        trained,
        place(field, state.theta, run.device),
        optimiser,
        _generator_from(state.random, training.seed),
    )


_CALM = "Lower the learning rate, clip the gradient, or reset."


def carried_state(old: Experiment, new: Experiment, state: TrainerState) -> TrainerState:
    """`state` of `old` for `new`, of which `keeps_weights` holds.

    Raises `ValueError` when the weights are not those of the field of `old`.
    """
    _check_weights(old, state)
    optimiser = dict(state.optimiser)
    if "trained" in optimiser:
        optimiser["trained"] = carried(old, new, optimiser["trained"])
    return state._replace(theta=carried(old, new, state.theta), optimiser=optimiser)


def _run_of(experiment: Experiment) -> tuple[object, ...]:
    """What a task's Run is made of."""
    return (experiment.task, experiment.dataset, experiment.field, experiment.training.device)


def _check_weights(experiment: Experiment, state: TrainerState) -> None:
    expected = size_of(experiment.layout())
    for theta in (state.theta, state.optimiser.get("trained", state.theta)):
        if theta.shape != (expected,) or theta.dtype != np.float32:
            raise ValueError(
                f"This experiment has {expected} parameters of float32; the checkpoint has weights of shape "
                f"{theta.shape} of {theta.dtype}. Open it with the experiment it was made by."
            )


def _as_numpy(theta: Tensor) -> NDArray[np.float32]:
    return theta.to("cpu", torch.float32, copy=True).numpy()


REMEDIES = {
    Status.step_underflow: "Loosen rtol and atol, or let the flow end earlier.",
    Status.newton_failure: "Take a smaller step size, or an adaptive method.",
}
"""What settings can do, where the library advises its callers to use float64: no setting of an experiment does that."""


def _trouble(status: Status) -> Trouble:
    return Trouble(status.value, status.sentence, REMEDIES.get(status, status.remedy))


def _state_of(generator: np.random.Generator) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(generator.bit_generator.state).encode(), np.uint8)


def _generator_from(state: NDArray[np.uint8], seed: int) -> np.random.Generator:
    # 2 names the stream of batches; the weights and the noise draw from others of the same seed.
    generator = np.random.default_rng([seed, 2])
    if state.size:
        try:
            generator.bit_generator.state = json.loads(state.tobytes())
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise ValueError(
                "The checkpoint's random state cannot be read. Remove it to continue with fresh batches."
            ) from error
    return generator
