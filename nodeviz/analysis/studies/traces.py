"""The study "traces": the exact divergence of the field against Hutchinson's estimates of it."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.analysis.report import Report
from nodeviz.analysis.studies.flows import unsuited
from nodeviz.analysis.study import Study, Subject


def _run(subject: Subject) -> Iterator[Report]:
    from nodeviz.analysis.estimated_traces import reports  # here, for it imports torch

    return reports(subject)


TRACES = Study(
    name="traces",
    label="Trace estimates",
    sentence="Hutchinson's estimates of the divergence with ever more probes: their mean, deviation and time.",
    follows_weights=True,
    unsuited=unsuited,
    run=_run,
)
