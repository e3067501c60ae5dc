"""What accuracy costs: the same trajectories over a range of tolerances or step sizes, against a tight reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan
from time import perf_counter
from typing import Literal, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.engine.inspector import Inspector
from nodeviz.engine.messages import SweepPoint
from nodeviz.experiment import Experiment
from nodeviz.tasks.solving import SolverSettings

RTOLS = tuple(float(f"{10 ** (-k / 2):.3g}") for k in range(2, 17))
"""1e-1 to 1e-8 in half decades. Below, float32 has no digits left."""
LARGEST_STEP = 1 / 50
"""Of the duration: the first of the step sizes, of which each is half the one before."""
HALVINGS = 8
REPEAT_BELOW = 0.02
"""Seconds. A faster solve is timed twice, and the better time counts."""

Axis = Literal["rtol", "dt"]


class Question(NamedTuple):
    """What a sweep solves: from starts (n, 2) at ts (m,)."""

    starts: NDArray[np.floating]
    ts: NDArray[np.float64]


def question_of(experiment: Experiment) -> Question:
    """The trajectories that the phase plane shows as learnt."""
    task, dataset = experiment.task, experiment.dataset
    return Question(task.starts(dataset, experiment.training.seed), task.times(dataset))


class Answer(NamedTuple):
    """A sweep so far."""

    axis: Axis
    points: tuple[SweepPoint, ...]
    current: SweepPoint | None
    done: bool
    sentence: str = ""


def sweep(inspector: Inspector, question: Question, away: Callable[[], float]) -> Iterator[Answer]:
    """Answers with one point more each: first the solver exactly as set, then from coarse to fine.

    `away` tells the seconds spent so far on other things in the middle of a solve: they are not the solve's.
    """
    settings = inspector.experiment.solver
    axis: Axis = "dt" if settings.steps_are_fixed else "rtol"
    if not len(question.starts):
        yield Answer(axis, (), None, True, f"Nothing starts at the data. {inspector.experiment.dataset.lost}")
        return
    reference = inspector.reference(question.starts, question.ts, _tight(settings))
    if not reference.status.ok:
        yield Answer(axis, (), None, True, f"There is nothing to compare with. {reference.status.sentence}")
        return
    current = _point(inspector, question, settings, axis, reference.ys, away)
    yield Answer(axis, (), current, False)
    points: tuple[SweepPoint, ...] = ()
    variants = _variants(settings, axis, float(question.ts[-1] - question.ts[0]))
    for i, variant in enumerate(variants):
        points += (_point(inspector, question, variant, axis, reference.ys, away),)
        yield Answer(axis, points, current, i == len(variants) - 1)


def _tight(settings: SolverSettings) -> SolverSettings:
    return replace(settings, method="dop853", controller="auto", rtol=1e-11, atol=1e-11, max_steps=100_000)


def _variants(settings: SolverSettings, axis: Axis, duration: float) -> list[SolverSettings]:
    if axis == "dt":
        return [replace(settings, dt=min(1.0, duration * LARGEST_STEP) / 2**k) for k in range(HALVINGS)]
    ratio = settings.atol / settings.rtol
    return [replace(settings, rtol=rtol, atol=min(max(rtol * ratio, 1e-12), 0.1)) for rtol in RTOLS]


def _point(
    inspector: Inspector,
    question: Question,
    settings: SolverSettings,
    axis: Axis,
    exact: Tensor,
    away: Callable[[], float],
) -> SweepPoint:
    best = nan
    while True:
        began, was_away = perf_counter(), away()
        solution = inspector.solve(question.starts, question.ts, settings)
        took = perf_counter() - began - (away() - was_away)
        again = best != best and took < REPEAT_BELOW
        best = took if best != best else min(best, took)
        if not again:
            break
    distance = (solution.ys.double() - exact).norm(dim=-1)
    return SweepPoint(
        setting=settings.rtol if axis == "rtol" else settings.dt,
        error=float(distance.max()) if solution.status.ok else nan,
        nfe=solution.stats.nfe_forward,
        milliseconds=1000 * best,
        status=solution.status.value,
    )
