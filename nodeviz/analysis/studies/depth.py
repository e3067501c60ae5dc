"""The study "depth": one set of weights as a ResNet of 1, 2, 4 … layers, and how near that is to the ODE."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study, Subject
from nodeviz.experiment import Experiment
from nodeviz.tasks import Classify


def unsuited(experiment: Experiment) -> str:
    """Why `experiment` has no flow that classifies, or nothing."""
    if isinstance(experiment.task, Classify):
        return ""
    return f"{experiment.task.title} has no layers to count; choose the task Classify."


def _run(subject: Subject) -> Iterator[Report]:
    from nodeviz.analysis.layers import reports  # here, for it imports torch

    return reports(subject)


DEPTH = Study(
    name="depth",
    label="From ResNet to ODE",
    sentence="The same weights as a ResNet of more and more layers: how far its states are from the flow's.",
    follows_weights=True,
    unsuited=unsuited,
    run=_run,
)
