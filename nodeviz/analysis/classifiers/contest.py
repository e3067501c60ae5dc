"""Classifiers trained from scratch in turns, on the same batches, and a table of what each reaches and costs."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np
import torch
from msgspec.structs import replace

from nodeviz.analysis.classifiers.contender import Contender
from nodeviz.analysis.classifiers.entrants import entrants
from nodeviz.analysis.report import Cell, Chart, Column, Report, Series, Table
from nodeviz.analysis.study import Subject
from nodeviz.tasks.classification import ClassifyRun, Labelled
from nodeviz.tasks.classify import as_classify

STEPS = 600
"""That each may take."""
JUDGED_EVERY, WEIGHED_EVERY = 20, 100
PIECE = 0.03
"""Seconds of work, or one step more, from one report to the next."""
BATCHES_STREAM = 2
"""As in training: the same seed gives the batches that the experiment itself is trained with."""
COLUMNS = (
    Column("classifier", sentence="What is trained, all from the seed's weights and on the same batches."),
    Column("test error", "%", 3, "How many of the points that training does not see are told wrongly.", best="lowest"),
    Column(
        "test loss",
        "nats",
        2,
        "The cross-entropy of those points: how sure it is of what it tells rightly.",
        best="lowest",
    ),
    Column("parameters", "", 4, "Numbers that are learnt, the read-out's among them."),
    Column(
        "kept",
        "kB",
        3,
        "Memory in use between the passes there and back of a batch, with torch's own operations.",
        best="lowest",
    ),
    Column(
        "step", "ms", 3, "The median time of the newest training steps, taken in turns with the others'.", best="lowest"
    ),
    Column("NFE forward", "", 3, "Evaluations of the field, or of blocks, in one step."),
    Column("NFE backward", "", 3, "Evaluations on the way back; what pulls its own evaluations back makes none."),
    Column("steps", "", 4, "Training steps so far."),
)


def reports(subject: Subject, steps: int = STEPS) -> Iterator[Report]:
    """The table as it stands every few steps; the last report compares."""
    contest = Contest(subject)
    for turn in range(steps):
        batch = contest.draw()
        for contender in contest.contenders:
            subject.attend()
            contest.take_turn(contender, batch, turn, last=turn + 1 == steps)
            if contest.is_time_to_report():
                yield contest.report(f"Training {len(contest.contenders)} classifiers: turn {turn + 1} of {steps}.")
    yield contest.report(conclusion(contest.contenders), done=True)


class Contest:
    """All contenders, and the batches that they learn from."""

    def __init__(self, subject: Subject) -> None:
        experiment = replace(subject.experiment, training=replace(subject.experiment.training, device="cpu"))
        self._attend = subject.attend
        self._run = ClassifyRun(as_classify(experiment.task), experiment)
        self._generator = np.random.default_rng([experiment.training.seed, BATCHES_STREAM])
        self._held_out = _in_the_plane(self._run.held_out)
        self._reported = perf_counter()
        self.contenders = [Contender(classifier, experiment.training) for classifier in entrants(experiment)]

    def draw(self) -> Labelled:
        """The next batch, for all of them."""
        return _in_the_plane(self._run.draw(self._generator, like=torch.zeros(())))

    def take_turn(self, contender: Contender, batch: Labelled, turn: int, last: bool) -> None:
        """One training step, and now and then a judgement."""
        if contender.failed:
            return
        contender.step(*batch)
        if turn % WEIGHED_EVERY == 0 or last:
            self._attend()
            contender.weigh(batch.states)
        if turn % JUDGED_EVERY == 0 or last:
            self._attend()
            contender.judge(*self._held_out)

    def is_time_to_report(self) -> bool:
        """Whether enough was done since the last report."""
        return perf_counter() - self._reported > PIECE

    def report(self, sentence: str, done: bool = False) -> Report:
        """What is known of all contenders."""
        self._reported = perf_counter()
        series = tuple(_series(contender) for contender in self.contenders if contender.judgements)
        chart = Chart("training steps", "test loss, nats", series, log_y=True)
        return Report(Table(COLUMNS, tuple(_row(contender) for contender in self.contenders)), chart, sentence, done)


def _in_the_plane(points: Labelled) -> Labelled:
    """The same in float32 and without augmented dimensions: each classifier has its own."""
    return Labelled(points.states[:, :2].float(), points.labels)


def _series(contender: Contender) -> Series:
    judged = contender.judgements
    return Series(
        contender.classifier.name, tuple(float(one.steps) for one in judged), tuple(one.loss for one in judged)
    )


def _row(contender: Contender) -> tuple[Cell, ...]:
    last = contender.judgements[-1] if contender.judgements else None
    known = contender.steps > 0
    return (
        contender.classifier.name + (" (failed)" if contender.failed else ""),
        last.error if last else None,
        last.loss if last else None,
        float(contender.classifier.theta.numel()),
        contender.kept / 1e3 if last else None,
        contender.milliseconds if known else None,
        float(contender.evaluations.forward) if known else None,
        float(contender.evaluations.backward) if known else None,
        float(contender.steps),
    )


def conclusion(contenders: list[Contender]) -> str:
    """Which errs least, which keep least and most, and which is quickest."""
    standing = [one for one in contenders if one.judgements and not one.failed]
    if not standing:
        return "No classifier got to the end of its flow. Loosen the tolerances, or take more steps."
    best = min(one.judgements[-1].error for one in standing)
    leaders = ", ".join(one.classifier.name for one in standing if one.judgements[-1].error == best)
    least, most = (which(standing, key=lambda one: one.kept) for which in (min, max))
    quickest = min(standing, key=lambda one: one.milliseconds)
    return (
        f"Least error, {best:.3g} %: {leaders}. Least kept for the gradient, {_kilobytes(least)}: "
        f"{least.classifier.name}; most, {_kilobytes(most)}: {most.classifier.name}. "
        f"Quickest step, {quickest.milliseconds:.2g} ms: {quickest.classifier.name}."
    )


def _kilobytes(contender: Contender) -> str:
    kilobytes = contender.kept / 1e3
    return f"{kilobytes:.0f} kB" if kilobytes >= 100 else f"{kilobytes:.3g} kB"
