"""ParameterFeed: where the parameters of a typed field stand now, beside their sliders while training moves them."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.engine.messages import Weights
from nodeviz.engine.packed import Array, unpack
from nodeviz.fields.formula import FormulaField
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.panels.field import FieldPanel
from nodeviz.ui.store import ExperimentStore


class ParameterFeed(QObject):
    """From newer weights, and from those that another run begins with, to the panel of the field."""

    def __init__(self, store: ExperimentStore, link: EngineLink, panel: FieldPanel) -> None:
        super().__init__(panel)
        self._store, self._link, self._panel = store, link, panel
        link.weighed.connect(self._on_weights)
        link.runBegun.connect(lambda step: self._begin())
        self._begin()

    def _on_weights(self, weights: Weights) -> None:
        self._show(weights.theta)

    def _begin(self) -> None:
        checkpoint = self._link.checkpoint
        if checkpoint is None:
            self._panel.show_learnt({})
        else:
            self._show(checkpoint.theta)

    def _show(self, theta: Array) -> None:
        field = self._store.experiment.field
        if isinstance(field, FormulaField) and theta.shape == (len(field.parameters),):
            names = [parameter.name for parameter in field.parameters]
            self._panel.show_learnt(dict(zip(names, unpack(theta).tolist(), strict=True)))
