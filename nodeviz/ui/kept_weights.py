"""KeptWeights: whoever goes back to an experiment finds the weights that it was left with."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.messages import Checkpoint
from nodeviz.experiment import Experiment
from nodeviz.ui.engine_link import EngineLink, Left
from nodeviz.ui.store import ExperimentStore

MOST = 12
"""Experiments that are remembered so; a network of thousands of weights is some hundred kilobytes."""


class KeptWeights(QObject):
    """Another field or task begins with fresh weights; undoing that, or choosing what was left, brings the old ones.

    Made after the link was connected to the store: it is the link that knows whose weights were left.
    """

    def __init__(self, store: ExperimentStore, link: EngineLink) -> None:
        super().__init__(link)
        self._link = link
        self._kept: list[tuple[Experiment, Left]] = []
        store.changed.connect(self._on_changed)
        link.leftBehind.connect(self._on_left_behind)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if keeps_weights(before, after):
            return
        self._keep(before, self._link.left)
        found = next((left.checkpoint for experiment, left in self._kept if experiment == after and left.trained), None)
        if found is not None:
            wanted = self._link.wanted
            self._link.restore(found)
            if wanted:
                self._link.train()

    def _keep(self, experiment: Experiment, left: Left | None) -> None:
        """Keep what it was left with in place of what was kept of it: one that was reset begins at step 0 again."""
        kept = [(each, known) for each, known in self._kept if each != experiment and known.trained]
        # Of the one that was left just now the trainer may still tell something, also where nothing is known yet.
        self._kept = kept if left is None else [*kept[1 - MOST :], (experiment, left)]

    def _on_left_behind(self, checkpoint: Checkpoint) -> None:
        """The trainer tells where it stood when it was given another experiment: some steps after what was known."""
        for place, (experiment, left) in enumerate(self._kept):
            if left.told_by(checkpoint):
                self._kept[place] = (experiment, left._replace(checkpoint=checkpoint))
