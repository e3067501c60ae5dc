"""LossFeed: what the losses of the task at hand are called, and how low they can get, for the plot of the loss."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.experiment import Experiment
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.plots.loss_plot import LossPlot, LossTerms
from nodeviz.ui.store import ExperimentStore

STILL = 0.3
"""Seconds without an edit after which the floor is computed: it may be an integral, and no frame of a drag waits for
it."""


class LossFeed(QObject):
    """Follows the task and the data: the names at once, the floor when nothing is being dragged."""

    def __init__(self, store: ExperimentStore, clock: FrameClock, plot: LossPlot) -> None:
        super().__init__(plot)
        self._store, self._plot = store, plot
        self._left: float | None = None
        """Seconds until the floor is computed; None when it is."""
        self._show(store.experiment)
        store.changed.connect(self._on_changed)
        clock.ticked.connect(self._tick)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if (before.task, before.dataset) != (after.task, after.dataset):
            self._show(after)

    def _show(self, experiment: Experiment) -> None:
        self._plot.set_terms(_terms(experiment, None))
        self._left = STILL

    def _tick(self, seconds: float) -> None:
        if self._left is None:
            return
        self._left -= seconds
        if self._left <= 0:
            self._left = None
            experiment = self._store.experiment
            self._plot.set_terms(_terms(experiment, experiment.task.floor(experiment.dataset)))


def _terms(experiment: Experiment, floor: float | None) -> LossTerms:
    # The logarithm of a density may have either sign, and its floor is not zero: only differences mean something.
    task = experiment.task
    return LossTerms(task.loss_label, task.evaluation_label, floor, task.shows != "density", task.loss_unit)
