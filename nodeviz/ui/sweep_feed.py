"""SweepFeed: from the sweep over tolerances to the trade-off of error and cost."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.engine.messages import SweepExtended, SweepPoint
from nodeviz.experiment import Experiment
from nodeviz.ui.engine_link import EngineLink, swept_by
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.pace import Pace
from nodeviz.ui.plots.tradeoff_plot import TradeoffPlot
from nodeviz.ui.store import ExperimentStore

REDRAWN_EVERY = 0.15
"""Seconds from one drawing of the trade-off to the next."""


class SweepFeed(QObject):
    """A sweep on newer weights replaces the last one point by point, so that the curve moves instead of blinking."""

    def __init__(self, store: ExperimentStore, link: EngineLink, clock: FrameClock, plot: TradeoffPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._points: dict[float, SweepPoint] = {}
        self._origin: tuple[int, int, str] | None = None
        self._waiting: SweepExtended | None = None
        self._pace = Pace(REDRAWN_EVERY, REDRAWN_EVERY / 3)
        clock.ticked.connect(self._tick)
        store.changed.connect(self._on_changed)
        link.swept.connect(self._on_sweep)
        link.runBegun.connect(lambda step: self._clear())

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if swept_by(before) != swept_by(after):
            self._waiting = None
            self._plot.set_stale(True)

    def _on_sweep(self, sweep: SweepExtended) -> None:
        origin = (sweep.run, sweep.revision, sweep.axis)
        fresh = {point.setting: point for point in sweep.points}
        self._points = fresh if origin != self._origin or sweep.done else self._points | fresh
        self._origin = origin
        self._waiting = sweep

    def _tick(self, seconds: float) -> None:
        if self._pace.due(seconds) and self._waiting is not None:
            sweep, self._waiting = self._waiting, None
            self._show(sweep)

    def _show(self, sweep: SweepExtended) -> None:
        points = tuple(sorted(self._points.values(), key=lambda point: point.setting))
        self._plot.set_stale(False)
        self._plot.set_points(sweep.axis, points, sweep.current)
        if sweep.sentence:
            self._plot.say(sweep.sentence)

    def _clear(self) -> None:
        self._points = {}
        self._origin = self._waiting = None
        self._plot.clear()
