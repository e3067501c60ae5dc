"""SweepFeed: from the sweep over tolerances to the trade-off of error and cost."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.engine.messages import SweepExtended, SweepPoint
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.plots.tradeoff_plot import TradeoffPlot


class SweepFeed(QObject):
    """A sweep on newer weights replaces the last one point by point, so that the curve moves instead of blinking."""

    def __init__(self, link: EngineLink, plot: TradeoffPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._points: dict[float, SweepPoint] = {}
        self._origin: tuple[int, int, str] | None = None
        link.swept.connect(self._on_sweep)
        link.runBegun.connect(lambda step: self._clear())

    def _on_sweep(self, sweep: SweepExtended) -> None:
        origin = (sweep.run, sweep.revision, sweep.axis)
        fresh = {point.setting: point for point in sweep.points}
        if origin != self._origin or sweep.done:
            self._points = fresh
        else:
            self._points |= fresh
        self._origin = origin
        points = tuple(sorted(self._points.values(), key=lambda point: point.setting))
        self._plot.set_points(sweep.axis, points, sweep.current)

    def _clear(self) -> None:
        self._points.clear()
        self._origin = None
        self._plot.clear()
