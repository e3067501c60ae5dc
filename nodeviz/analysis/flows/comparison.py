"""A comparison of flows: all are trained in turns for equal times, and judged by the same points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from time import perf_counter
from typing import NamedTuple

from msgspec.structs import replace

from nodeviz.analysis.flows.compared_flow import ComparedFlow
from nodeviz.analysis.flows.continuous import ContinuousFlow
from nodeviz.analysis.flows.planar import PlanarFlow
from nodeviz.analysis.report import Cell, Chart, Column, Report, Series, Table
from nodeviz.analysis.study import Subject
from nodeviz.experiment import Experiment
from nodeviz.fields import MLPField
from nodeviz.tasks import MatchDensity
from nodeviz.tasks.match_density import LOSS_LABELS, as_match_density

SIZES = (2, 8, 32)
"""Layers of planar flows, and units of continuous ones, as in figure 5 of Chen et al. (2018)."""
TURN = 0.1
"""Seconds that a flow trains before it is the next one's turn."""
LIMIT = 20.0
"""Seconds that each flow trains in all."""
JUDGEMENTS = 20
"""Of a flow on its way."""
NAMES = {
    "likelihood": "by likelihood",
    "reverse-kl": "by reverse KL",
    "flow-matching": "by flow matching",
    "ot-flow-matching": "by OT flow matching",
}
COLUMNS = (
    Column("flow"),
    Column("", "nats", 4, "On points that do not train, or on samples of the flow for reverse KL.", best="lowest"),
    Column("gap to the floor", "nats", 3, "How far that is above the best there is.", best="lowest"),
    Column("parameters", digits=6, sentence="Numbers that are learnt."),
    Column("NFE to sample", sentence="Evaluations of the field, or of layers; none where layers would be inverted."),
    Column("per step", "ms", 3, "Of training, on average.", best="lowest"),
    Column("steps", digits=6),
)


@dataclass
class TimedTraining:
    """A flow, for how long it trains, the seconds and steps it has trained, and how good it was when."""

    flow: ComparedFlow
    limit: float
    seconds: float = 0.0
    steps: int = 0
    judged: list[Judgement] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it has trained for long enough."""
        return self.seconds >= self.limit

    @property
    def merit(self) -> float:
        """As judged last; NaN before."""
        return self.judged[-1].merit if self.judged else nan

    def train(self, attend: Callable[[], None]) -> None:
        """One turn, and a judgement when it is time for one. What happens in `attend` is not counted."""
        until = min(self.limit, self.seconds + TURN)
        while self.seconds < until:
            began = perf_counter()
            self.flow.step()
            self.seconds += perf_counter() - began
            self.steps += 1
            attend()
        if not self.judged or self.over or self.seconds >= self.judged[-1].seconds + self.limit / JUDGEMENTS:
            self.judged.append(Judgement(self.seconds, self.flow.merit(), self.flow.evaluations()))


class Judgement(NamedTuple):
    """How good a flow was after so many seconds, and what a sample cost."""

    seconds: float
    merit: float
    evaluations: float | None


def reports(subject: Subject, limit: float = LIMIT) -> Iterator[Report]:
    """A report after every turn, until each flow has trained for `limit` seconds."""
    task = as_match_density(subject.experiment.task)
    floor = task.floor(subject.experiment.dataset)
    trainings: list[TimedTraining] = []
    for flow in compared_flows(subject.experiment, task):
        trainings.append(TimedTraining(flow, limit))
        subject.attend()
    while not all(training.over for training in trainings):
        for training in trainings:
            if not training.over:
                training.train(subject.attend)
                told = f"Each trains for {limit:g} s in turns: now {training.flow.name}."
                yield _report(trainings, task, floor, told)
    yield replace(_report(trainings, task, floor, _conclusion(trainings, floor)), done=True)


def compared_flows(experiment: Experiment, task: MatchDensity) -> Iterator[ComparedFlow]:
    """The experiment's field in the ways it can be trained, then small continuous flows and planar ones."""
    solved = task if task.solves else replace(task, objective="likelihood")
    yield ContinuousFlow(f"this field, {NAMES[solved.objective]}", experiment, solved)
    if solved.objective == "likelihood" and not experiment.field.autonomous:
        for objective in ("flow-matching", "ot-flow-matching"):
            yield ContinuousFlow(f"this field, {NAMES[objective]}", experiment, replace(task, objective=objective))
    for width in SIZES:
        small = MLPField(width=width, depth=1, activation="tanh", time="hypernetwork", cubed=False)
        yield ContinuousFlow(f"continuous, width {width}", replace(experiment, field=small), solved)
    for layers in SIZES:
        yield PlanarFlow(layers, experiment, solved)


def _report(trainings: Sequence[TimedTraining], task: MatchDensity, floor: float | None, sentence: str) -> Report:
    merit = LOSS_LABELS["reverse-kl" if task.objective == "reverse-kl" else "likelihood"]
    columns = (COLUMNS[0], replace(COLUMNS[1], label=merit), *COLUMNS[2:])
    series = [_series(training) for training in trainings if training.judged]
    end = max(training.seconds for training in trainings)
    if floor is not None and end:
        series.append(Series("floor", (0.0, end), (floor, floor), "guide"))
    chart = Chart("seconds of training", "test loss, nats", tuple(series))
    return Report(Table(columns, tuple(_row(training, floor) for training in trainings)), chart, sentence)


def _series(training: TimedTraining) -> Series:
    known = [judged for judged in training.judged if isfinite(judged.merit)]
    xs, ys = tuple(judged.seconds for judged in known), tuple(judged.merit for judged in known)
    return Series(training.flow.name, xs, ys)


def _row(training: TimedTraining, floor: float | None) -> tuple[Cell, ...]:
    flow, merit = training.flow, training.merit
    known = isfinite(merit)
    return (
        flow.name,
        merit if known else None,
        merit - floor if known and floor is not None else None,
        float(flow.parameters),
        training.judged[-1].evaluations if training.judged else None,
        1000 * training.seconds / training.steps if training.steps else None,
        float(training.steps),
    )


def _conclusion(trainings: Sequence[TimedTraining], floor: float | None) -> str:
    ranked = sorted((one for one in trainings if isfinite(one.merit)), key=lambda one: one.merit)
    if not ranked:
        return "No flow could be judged: their solves failed. Reset, or loosen the tolerances."
    best = ranked[0]
    above = "" if floor is None else f", {best.merit - floor:.3f} above the floor"
    return f"After {best.limit:g} s each, {best.flow.name} is best with {best.merit:.3f} nats{above}."
