"""LossFeed: what the losses of the task at hand are called, and how low they can get, for the plot of the loss."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.experiment import Experiment
from nodeviz.ui.plots.loss_plot import LossPlot, LossTerms
from nodeviz.ui.store import ExperimentStore


class LossFeed(QObject):
    """Follows the task and the data."""

    def __init__(self, store: ExperimentStore, plot: LossPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if (before.task, before.dataset) != (after.task, after.dataset):
            self._show(after)

    def _show(self, experiment: Experiment) -> None:
        task = experiment.task
        # The logarithm of a density may have either sign, and its floor is not zero: only differences mean something.
        logarithmic = task.shows != "density"
        floor = task.floor(experiment.dataset)
        self._plot.set_terms(LossTerms(task.loss_label, task.evaluation_label, floor, logarithmic))
