"""What a run is called whose options make it another experiment than the one it began with."""

from __future__ import annotations

from pathlib import Path

from nodeviz.datasets import Dataset
from nodeviz.datasets.declared import FileDataset, title_of
from nodeviz.experiment import Experiment


def name_of(before: Experiment, after: Experiment) -> str:
    """As `before`, unless it has other data, or a task or a field of another kind: then as those are called."""
    words = [before.name if _same_data(before.dataset, after.dataset) else _of_data(after.dataset)]
    for part in ("task", "field"):
        kind = type(getattr(after, part))
        if kind is not type(getattr(before, part)):
            words.append(kind.title.lower())
    return ", ".join(words)


def _same_data(before: Dataset, after: Dataset) -> bool:
    return type(before) is type(after) and getattr(before, "path", "") == getattr(after, "path", "")


def _of_data(dataset: Dataset) -> str:
    """A person's own file by its name, other data by their kind."""
    if isinstance(dataset, FileDataset) and dataset.path:
        return Path(dataset.path).name
    return title_of(type(dataset)).lower()
