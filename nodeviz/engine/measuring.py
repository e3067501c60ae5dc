"""What `nodeviz bench` measures: a training step and what it is made of, what accuracy costs, and a portrait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import msgspec
import numpy as np
import torch
from msgspec.structs import replace

from nodeviz.analysis.settling import settler
from nodeviz.analysis.time_inside import TimeInside
from nodeviz.analysis.timing import in_turns
from nodeviz.engine.inspector import Inspector, Weights
from nodeviz.engine.sweep import question_of, sweep
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.solving import OWN
from solver import native
from solver.methods import METHODS

SHORTEST = 0.005
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
COMPARED = ("bosh3", "dopri5", "tsit5", "verner76", "dop853")
"""One of each order, and the two of order 5."""
TIGHT = {"method": "dop853", "controller": "auto", "gradient": "checkpointed", "max_steps": 100_000}
EXACT = 1e-11
PORTRAIT_STARTS, PORTRAIT_TIMES, GRID = 200, 100, 64
BATCH_SEED = 1
LONGEST_BUILD = 60.0


class StepCost(msgspec.Struct, frozen=True):
    """A training step in milliseconds, of which `inside` in the field itself and `solve` in solve and gradient.

    Where the solver's kernel makes the whole solve (`native`), field and solver cannot be told apart.
    """

    whole: float
    solve: float
    inside: float
    nfe_forward: int
    nfe_backward: int
    native: bool = False


class GradientCost(msgspec.Struct, frozen=True):
    """A loss and its gradient at rtol = atol = `tolerance`: milliseconds, evaluations, relative error."""

    tolerance: float
    milliseconds: float
    nfe_forward: int
    nfe_backward: int
    error: float


class MethodCost(msgspec.Struct, frozen=True):
    """The learnt trajectories with one method at the tolerances as set: milliseconds, evaluations, largest error."""

    name: str
    milliseconds: float
    nfe: int
    error: float


class Measured(msgspec.Struct, frozen=True):
    """All that the short benchmark finds out."""

    experiment: Experiment
    device: str
    steps: int
    step: StepCost
    gradients: tuple[GradientCost, ...]
    methods: tuple[MethodCost, ...]
    portrait: float
    kernel: str = ""
    """Whether the native kernel is in use, in a sentence."""


class Bench:
    """Measures one trainer where it stands."""

    def __init__(self, trainer: Trainer, rounds: int) -> None:
        self._trainer = trainer
        self._rounds = rounds
        self._experiment = trainer.experiment
        self._settle = settler(trainer.device)

    def measure(self) -> Measured:
        """Everything. The trainer has taken some more steps afterwards."""
        native.wait(LONGEST_BUILD)  # or figures with and without the kernel would be compared
        return Measured(
            self._experiment,
            str(self._trainer.device),
            self._trainer.steps,
            self._step(),
            tuple(self._gradients()),
            tuple(self._methods()),
            self._portrait(),
            native.describe(),
        )

    def _learnt(self) -> Learnt:
        return place(self._experiment.field, self._trainer.shown(), self._trainer.device).learnt

    def _step(self) -> StepCost:
        learnt, generator = self._learnt(), _batches()
        settings, run = self._experiment.solver, self._trainer.run
        by_kernel = run.loss(learnt, generator, settings).stats.native
        inside: list[float] = []

        def solve() -> None:
            if by_kernel:
                learnt.gradient(run.loss(learnt, generator, settings).loss)
                return
            with TimeInside(learnt.field, self._settle) as time:
                learnt.gradient(run.loss(learnt, generator, settings).loss)
            inside.append(time.seconds)

        timings = in_turns({"whole": self._trainer.step, "solve": solve}, self._rounds, self._settle, SHORTEST)
        last = self._trainer.step()
        return StepCost(
            1e3 * timings["whole"].median,
            1e3 * timings["solve"].median,
            1e3 * (timings["solve"].median if by_kernel else median(inside)),
            last.nfe_forward,
            last.nfe_backward,
            by_kernel,
        )

    def _gradients(self) -> Iterator[GradientCost]:
        """At each of the tolerances, on the same minibatch; nothing for steps of fixed size."""
        settings, run = self._experiment.solver, self._trainer.run
        if settings.steps_are_fixed:
            return
        learnt = self._learnt()
        tight = replace(settings, **TIGHT, rtol=EXACT, atol=EXACT)
        exact = self._gradient(self._learnt().double(), tight)

        def at(variant: SolverSettings) -> Callable[[], object]:
            return lambda: learnt.gradient(run.loss(learnt, _batches(), variant).loss)

        variants = {f"{tol:g}": replace(settings, rtol=tol, atol=tol) for tol in TOLERANCES}
        timings = in_turns({name: at(v) for name, v in variants.items()}, self._rounds, self._settle, SHORTEST)
        for name, variant in variants.items():
            result = run.loss(learnt, _batches(), variant)
            found = learnt.gradient(result.loss).double().cpu()
            error = float((found - exact).norm() / exact.norm()) if len(exact) else 0.0
            stats = result.stats
            took = 1e3 * timings[name].median
            yield GradientCost(variant.rtol, took, stats.nfe_forward, stats.nfe_backward, error)

    def _gradient(self, learnt: Learnt, settings: SolverSettings) -> torch.Tensor:
        return learnt.gradient(self._trainer.run.loss(learnt, _batches(), settings).loss).cpu()

    def _methods(self) -> Iterator[MethodCost]:
        """The method as set, first, and others of its kind; nothing for steps of fixed size."""
        settings = self._experiment.solver
        if settings.steps_are_fixed:
            return
        question = question_of(self._experiment)
        known = {method.name for method in METHODS}
        for name in dict.fromkeys([settings.method, *(name for name in COMPARED if name in known)]):
            experiment = replace(self._experiment, solver=replace(settings, method=name))
            current = next(sweep(self._inspector(experiment), question, lambda: 0.0)).current
            if current is not None:
                yield MethodCost(_called(experiment.solver), current.milliseconds, current.nfe, current.error)

    def _portrait(self) -> float:
        """Milliseconds for what the phase plane shows of new weights: many trajectories and a grid of velocities."""
        inspector, extent = self._inspector(self._experiment), self._experiment.dataset.extent
        draw = np.random.default_rng(BATCH_SEED)
        starts = draw.uniform(extent[::2], extent[1::2], (PORTRAIT_STARTS, 2))
        times = question_of(self._experiment).ts
        ts = np.linspace(times[0], times[-1], PORTRAIT_TIMES)

        def portrait() -> None:
            inspector.velocity(extent, 0.0, GRID)
            inspector.solve(starts, ts, self._experiment.solver)

        return 1e3 * in_turns({"portrait": portrait}, self._rounds, shortest=0.0)["portrait"].median

    def _inspector(self, experiment: Experiment) -> Inspector:
        return Inspector(experiment, Weights(self._trainer.shown(), self._trainer.steps), lambda: None)


def measure(trainer: Trainer, steps: int, rounds: int, tell: Callable[[str], None]) -> Measured:
    """Train for `steps` steps, for at initial weights everything looks quicker, and measure."""
    began = perf_counter()
    for _ in range(steps):
        trainer.step()
    if steps:
        tell(f"Trained for {steps} steps in {perf_counter() - began:.1f} s; measuring …")
    return Bench(trainer, rounds).measure()


def _called(settings: SolverSettings) -> str:
    """What the method is called: by the name that --method takes, or a user's own by the label in its file."""
    return settings.method if settings.tableau is None or settings.method != OWN else settings.tableau.label


def _batches() -> np.random.Generator:
    return np.random.default_rng(BATCH_SEED)
