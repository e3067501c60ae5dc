"""Gallery: the datasets that suit the task, each as its thumbnail."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from nodeviz.experiment import Experiment
from nodeviz.ui.alternatives import KINDS, Alternatives, Kind
from nodeviz.ui.panels.one_of_many import move_on
from nodeviz.ui.panels.thumbnail import Thumbnail
from nodeviz.ui.store import ExperimentStore

GAP = 4
FEWEST, MOST = 4, 5
"""Thumbnails beside one another."""


class Gallery(QWidget):
    """Squares in lines that fill the width. The one outlined is the dataset at hand, with its own noise and seed."""

    def __init__(self, store: ExperimentStore, alternatives: Alternatives) -> None:
        super().__init__()
        self.setAccessibleName("Datasets")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._alternatives = alternatives
        self._group = QButtonGroup(self)
        self.thumbnails = {kind: self._thumbnail(kind) for kind in KINDS["dataset"]}
        self._offered: list[Kind] = []
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    @property
    def offered(self) -> list[Kind]:
        """The kinds that can be chosen, in order."""
        return list(self._offered)

    def sizeHint(self) -> QSize:
        return QSize(240, self._height(240))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _thumbnail(self, kind: Kind) -> Thumbnail:
        thumbnail = Thumbnail(kind)
        thumbnail.setParent(self)
        thumbnail.clicked.connect(lambda: self._alternatives.choose("dataset", kind))
        thumbnail.moved.connect(lambda places: move_on(self.thumbnails, kind, places, self._choose))
        self._group.addButton(thumbnail)
        return thumbnail

    def _choose(self, kind: Kind) -> None:
        self._alternatives.choose("dataset", kind)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        offered = [kind for kind in self.thumbnails if self._alternatives.offer("dataset", kind).experiment is not None]
        seed, classed = experiment.training.seed, experiment.task.shows == "classes"
        for kind in offered:
            self.thumbnails[kind].show_data(self._alternatives.as_left(kind), seed, classed=classed)
        chosen = self.thumbnails[type(experiment.dataset)]
        with QSignalBlocker(chosen):
            chosen.setChecked(True)
        if offered != self._offered:
            self._offered = offered
            self._arrange()

    def _arrange(self) -> None:
        across, side = self._across(), self._side(self.width())
        for kind, thumbnail in self.thumbnails.items():
            thumbnail.setVisible(kind in self._offered)
        for place, kind in enumerate(self._offered):
            left, top = (place % across) * (side + GAP), (place // across) * (side + GAP)
            self.thumbnails[kind].setGeometry(left, top, side, side)
        self.setFixedHeight(self._height(self.width()))

    def _across(self) -> int:
        return min(max(len(self._offered), FEWEST), MOST)

    def _side(self, width: int) -> int:
        return (width - (self._across() - 1) * GAP) // self._across()

    def _height(self, width: int) -> int:
        lines = -(-len(self._offered) // self._across())
        return max(lines * (self._side(width) + GAP) - GAP, 0)
