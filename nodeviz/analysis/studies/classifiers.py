"""The study "classifiers": ODE-Net, RK-Net and ResNet on the same data, side by side as in the paper's table."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study, Subject
from nodeviz.experiment import Experiment
from nodeviz.tasks import Classify


def unsuited(experiment: Experiment) -> str:
    """Why nothing is classified in `experiment`, or nothing."""
    if isinstance(experiment.task, Classify):
        return ""
    return f"{experiment.task.title} tells no classes apart; choose the task Classify."


def _run(subject: Subject) -> Iterator[Report]:
    from nodeviz.analysis.classifiers.comparison import reports  # here, for it imports torch

    return reports(subject)


CLASSIFIERS = Study(
    name="classifiers",
    label="ODE-Net, RK-Net, ResNet",
    sentence="Classifiers of one size trained from scratch on the same batches: their errors, memory and time.",
    follows_weights=False,
    unsuited=unsuited,
    run=_run,
)
