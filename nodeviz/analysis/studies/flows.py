"""The study "flows": one density matched by continuous flows, trained in several ways, and by planar ones."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study, Subject
from nodeviz.experiment import Experiment
from nodeviz.tasks import MatchDensity


def unsuited(experiment: Experiment) -> str:
    """Why there is no density to match, or nothing."""
    if isinstance(experiment.task, MatchDensity):
        return ""
    return f"{experiment.task.title} has no density; choose the task Match a density."


def _run(subject: Subject) -> Iterator[Report]:
    from nodeviz.analysis.flows.comparison import reports  # here, for it imports torch

    return reports(subject)


FLOWS = Study(
    name="flows",
    label="Flows compared",
    sentence="This flow by likelihood and by flow matching, small ones, and planar flows, trained for equal times.",
    follows_weights=False,
    unsuited=unsuited,
    run=_run,
)
