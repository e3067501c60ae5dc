"""Classifiers trained from scratch in turns, on the same batches, and a table of what each reaches and costs."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np
import torch
from msgspec.structs import replace

from nodeviz.analysis.classifiers.compared import compared_classifiers
from nodeviz.analysis.classifiers.trained_classifier import TrainedClassifier
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
    comparison = Comparison(subject)
    for turn in range(steps):
        batch = comparison.draw()
        for trained in comparison.classifiers:
            subject.attend()
            comparison.take_turn(trained, batch, turn, last=turn + 1 == steps)
            if comparison.is_time_to_report():
                told = f"Training {len(comparison.classifiers)} classifiers: turn {turn + 1} of {steps}."
                yield comparison.report(told)
    yield comparison.report(conclusion(comparison.classifiers), done=True)


class Comparison:
    """All classifiers, and the batches that they learn from."""

    def __init__(self, subject: Subject) -> None:
        experiment = replace(subject.experiment, training=replace(subject.experiment.training, device="cpu"))
        self._attend = subject.attend
        self._run = ClassifyRun(as_classify(experiment.task), experiment)
        self._generator = np.random.default_rng([experiment.training.seed, BATCHES_STREAM])
        self._held_out = _in_the_plane(self._run.held_out)
        self._reported = perf_counter()
        self.classifiers = [TrainedClassifier(one, experiment.training) for one in compared_classifiers(experiment)]

    def draw(self) -> Labelled:
        """The next batch, for all of them."""
        return _in_the_plane(self._run.draw(self._generator, like=torch.zeros(())))

    def take_turn(self, trained: TrainedClassifier, batch: Labelled, turn: int, last: bool) -> None:
        """One training step, and now and then a judgement."""
        if trained.failed:
            return
        trained.step(*batch)
        if turn % WEIGHED_EVERY == 0 or last:
            self._attend()
            trained.weigh(batch.states)
        if turn % JUDGED_EVERY == 0 or last:
            self._attend()
            trained.judge(*self._held_out)

    def is_time_to_report(self) -> bool:
        """Whether enough was done since the last report."""
        return perf_counter() - self._reported > PIECE

    def report(self, sentence: str, done: bool = False) -> Report:
        """What is known of all classifiers."""
        self._reported = perf_counter()
        series = tuple(_series(trained) for trained in self.classifiers if trained.judgements)
        chart = Chart("training steps", "test loss, nats", series, log_y=True)
        return Report(Table(COLUMNS, tuple(_row(trained) for trained in self.classifiers)), chart, sentence, done)


def _in_the_plane(points: Labelled) -> Labelled:
    """The same in float32 and without augmented dimensions: each classifier has its own."""
    return Labelled(points.states[:, :2].float(), points.labels)


def _series(trained: TrainedClassifier) -> Series:
    judged = trained.judgements
    return Series(trained.classifier.name, tuple(float(one.steps) for one in judged), tuple(one.loss for one in judged))


def _row(trained: TrainedClassifier) -> tuple[Cell, ...]:
    last = trained.judgements[-1] if trained.judgements else None
    known = trained.steps > 0
    return (
        trained.classifier.name + (" (failed)" if trained.failed else ""),
        last.error if last else None,
        last.loss if last else None,
        float(trained.classifier.theta.numel()),
        trained.kept / 1e3 if last else None,
        trained.milliseconds if known else None,
        float(trained.evaluations.forward) if known else None,
        float(trained.evaluations.backward) if known else None,
        float(trained.steps),
    )


def conclusion(classifiers: list[TrainedClassifier]) -> str:
    """Which errs least, which keep least and most, and which is quickest."""
    standing = [one for one in classifiers if one.judgements and not one.failed]
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


def _kilobytes(trained: TrainedClassifier) -> str:
    kilobytes = trained.kept / 1e3
    return f"{kilobytes:.0f} kB" if kilobytes >= 100 else f"{kilobytes:.3g} kB"
