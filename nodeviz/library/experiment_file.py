"""How an experiment is read from its JSON file: with its data as they are now, for nothing was learnt from them yet."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from nodeviz import experiment as experiments
from nodeviz.datasets.declared import FileDataset
from nodeviz.experiment import Experiment


def load_experiment(path: Path) -> Experiment:
    """The experiment in the file at `path`. Raises `ValueError` saying what is wrong with it, or `OSError`."""
    experiment = experiments.decode(path.read_bytes(), path.parent)
    dataset = experiment.dataset
    if not isinstance(dataset, FileDataset) or dataset.lost:
        return experiment
    return replace(experiment, dataset=replace(dataset, seen=None))
