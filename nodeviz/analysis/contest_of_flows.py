"""A contest of flows: all are trained in turns for equal times, and judged by the same points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from time import perf_counter
from typing import NamedTuple

from msgspec.structs import replace

from nodeviz.analysis.report import Cell, Chart, Column, Report, Series, Table
from nodeviz.analysis.rivals.contestant import Contestant
from nodeviz.analysis.rivals.continuous import Continuous
from nodeviz.analysis.rivals.planar import Planar
from nodeviz.analysis.study import Subject
from nodeviz.experiment import Experiment
from nodeviz.fields import MLPField
from nodeviz.tasks import MatchDensity
from nodeviz.tasks.match_density import LOSS_LABELS, as_match_density

SIZES = (2, 8, 32)
"""Layers of planar flows, and units of continuous ones, as in figure 5 of Chen et al. (2018)."""
TURN = 0.1
"""Seconds that a contestant trains before it is the next one's turn."""
LIMIT = 20.0
"""Seconds that each contestant trains in all."""
JUDGEMENTS = 20
"""Of a contestant on its way."""
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
class Career:
    """A contestant, for how long it trains, the seconds and steps it has trained, and how good it was when."""

    contestant: Contestant
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
            self.contestant.step()
            self.seconds += perf_counter() - began
            self.steps += 1
            attend()
        if not self.judged or self.over or self.seconds >= self.judged[-1].seconds + self.limit / JUDGEMENTS:
            self.judged.append(Judgement(self.seconds, self.contestant.merit(), self.contestant.evaluations()))


class Judgement(NamedTuple):
    """How good a contestant was after so many seconds, and what a sample cost."""

    seconds: float
    merit: float
    evaluations: float | None


def reports(subject: Subject, limit: float = LIMIT) -> Iterator[Report]:
    """A report after every turn, until each contestant has trained for `limit` seconds."""
    task = as_match_density(subject.experiment.task)
    floor = task.floor(subject.experiment.dataset)
    careers: list[Career] = []
    for contestant in contestants(subject.experiment, task):
        careers.append(Career(contestant, limit))
        subject.attend()
    while not all(career.over for career in careers):
        for career in careers:
            if not career.over:
                career.train(subject.attend)
                yield _report(
                    careers, task, floor, f"Each trains for {limit:g} s in turns: now {career.contestant.name}."
                )
    yield replace(_report(careers, task, floor, _conclusion(careers, floor)), done=True)


def contestants(experiment: Experiment, task: MatchDensity) -> Iterator[Contestant]:
    """The experiment's field in the ways it can be trained, then small continuous flows and planar ones."""
    solved = task if task.solves else replace(task, objective="likelihood")
    yield Continuous(f"this field, {NAMES[solved.objective]}", experiment, solved)
    if solved.objective == "likelihood" and not experiment.field.autonomous:
        for objective in ("flow-matching", "ot-flow-matching"):
            yield Continuous(f"this field, {NAMES[objective]}", experiment, replace(task, objective=objective))
    for width in SIZES:
        small = MLPField(width=width, depth=1, activation="tanh", time="hypernetwork", cubed=False)
        yield Continuous(f"continuous, width {width}", replace(experiment, field=small), solved)
    for layers in SIZES:
        yield Planar(layers, experiment, solved)


def _report(careers: Sequence[Career], task: MatchDensity, floor: float | None, sentence: str) -> Report:
    merit = LOSS_LABELS["reverse-kl" if task.objective == "reverse-kl" else "likelihood"]
    columns = (COLUMNS[0], replace(COLUMNS[1], label=merit), *COLUMNS[2:])
    series = [_series(career) for career in careers if career.judged]
    end = max(career.seconds for career in careers)
    if floor is not None and end:
        series.append(Series("floor", (0.0, end), (floor, floor), "guide"))
    chart = Chart("seconds of training", "test loss, nats", tuple(series))
    return Report(Table(columns, tuple(_row(career, floor) for career in careers)), chart, sentence)


def _series(career: Career) -> Series:
    known = [judged for judged in career.judged if isfinite(judged.merit)]
    xs, ys = tuple(judged.seconds for judged in known), tuple(judged.merit for judged in known)
    return Series(career.contestant.name, xs, ys)


def _row(career: Career, floor: float | None) -> tuple[Cell, ...]:
    contestant, merit = career.contestant, career.merit
    known = isfinite(merit)
    return (
        contestant.name,
        merit if known else None,
        merit - floor if known and floor is not None else None,
        float(contestant.parameters),
        career.judged[-1].evaluations if career.judged else None,
        1000 * career.seconds / career.steps if career.steps else None,
        float(career.steps),
    )


def _conclusion(careers: Sequence[Career], floor: float | None) -> str:
    ranked = sorted((career for career in careers if isfinite(career.merit)), key=lambda career: career.merit)
    if not ranked:
        return "No flow could be judged: their solves failed. Reset, or loosen the tolerances."
    best = ranked[0]
    above = "" if floor is None else f", {best.merit - floor:.3f} above the floor"
    return f"After {best.limit:g} s each, {best.contestant.name} is best with {best.merit:.3f} nats{above}."
