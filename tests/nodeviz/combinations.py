"""Every task with every dataset and field that suit it, all as they are by default but what data cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from nodeviz.datasets import DATASETS, Energy
from nodeviz.experiment import Experiment
from nodeviz.fields import FIELDS
from nodeviz.tasks import TASKS, MatchDensity


def _every_experiment() -> Iterator[Experiment]:
    for task, dataset, field in product(TASKS, DATASETS, FIELDS):
        try:
            yield Experiment(task=task(), dataset=dataset(), field=field())
        except ValueError:
            continue  # they do not suit one another, which is for the tests of each task to show


EVERY_EXPERIMENT = (
    *_every_experiment(),
    Experiment(task=MatchDensity(objective="reverse-kl"), dataset=Energy()),  # of an energy there are no samples
)


def title_of(experiment: Experiment) -> str:
    """Of its parts, for the name of a test."""
    return "-".join(type(part).__name__ for part in (experiment.task, experiment.dataset, experiment.field))
