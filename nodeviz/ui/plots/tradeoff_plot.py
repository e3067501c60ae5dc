"""What accuracy costs: the error of the solver's trajectories against their evaluations, over its tolerances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from nodeviz.engine.messages import SweepPoint
from nodeviz.ui import theme
from nodeviz.ui.figures import count, figure, setting_text
from nodeviz.ui.plots.end_labels import EndLabels, Named
from nodeviz.ui.plots.frame import ThemedPlot
from nodeviz.ui.plots.log_axis import LogAxis, power_of_ten
from nodeviz.ui.plots.ramp import mixed
from nodeviz.ui.plots.stroke import Stroke
from nodeviz.ui.theme import Theme

EMPTY = "Accuracy against cost appears here once the field has been solved"
MOST_LABELS = 5
REACH = 24.0  # pixels from the pointer to the point whose figures it shows
BETWEEN = 12  # points looked at between two of a sweep when a name is placed
MARGIN = 0.16  # decades around what is shown, so that it need not move with every sweep


class TradeoffPlot(ThemedPlot):
    """Error against NFE, both logarithmic; the solver as set is the large dot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
        self._box.setMouseEnabled(x=False, y=False)
        self._box.disableAutoRange()
        super().__init__(self._box, parent, axes={"left": LogAxis("left"), "bottom": LogAxis("bottom")})
        self.setAccessibleName("Error against cost")
        self.setToolTip(
            "What accuracy costs: the solver's error over its tolerances. The large dot is the solver as set."
        )
        self._axis = "rtol"
        self._points: tuple[SweepPoint, ...] = ()
        self._current: SweepPoint | None = None
        self._stale = False
        self._hovered: SweepPoint | None = None
        self._line = Stroke(1.5)
        self._dots = pg.ScatterPlotItem(size=7, pxMode=True, antialias=True)
        self._mark = pg.ScatterPlotItem(size=14, pxMode=True, antialias=True)
        for height, item in enumerate((self._line, self._dots, self._mark)):
            item.setZValue(height)
            self.plot.addItem(item, ignoreBounds=True)
        self.labels = EndLabels(self._box, adjacent=True)
        self.scene().sigMouseMoved.connect(self._hover)
        self.name_axes("NFE of one solve", "solver error")
        self.say(EMPTY)

    def set_points(self, axis: str, points: Sequence[SweepPoint], current: SweepPoint | None) -> None:
        """Show a sweep over `axis` (rtol or dt) and the point for the solver exactly as set."""
        self._axis = axis
        self._points = tuple(point for point in points if _drawable(point))
        self._current = current if current is not None and _drawable(current) else None
        self._hovered = None
        self.say("" if self._points or self._current else EMPTY)
        self._draw()

    def set_stale(self, stale: bool) -> None:
        """Grey while it is computed again."""
        if stale != self._stale:
            self._stale = stale
            self.restyle(theme.current())

    def clear(self) -> None:
        """Forget the sweep."""
        self.set_points(self._axis, (), None)

    def restyle(self, colours: Theme) -> None:
        line = mixed(colours.observed, colours.panel, 0.45)
        dots, mark = (colours.secondary, colours.secondary) if self._stale else (colours.observed, colours.learnt)
        self._line.set_colour(colours.hairline if self._stale else line)
        self._dots.setBrush(pg.mkBrush(dots))
        self._dots.setPen(pg.mkPen(QColor(colours.panel), width=1.5))
        self._mark.setBrush(pg.mkBrush(mark))
        self._mark.setPen(pg.mkPen(QColor(colours.panel), width=2.5))
        self._name()

    def _draw(self) -> None:
        places = np.array([_place(point) for point in self._points]).reshape(-1, 2)
        self._line.setData(places[:, 0], places[:, 1])
        self._dots.setData(places[:, 0], places[:, 1])
        self._mark.setData([] if self._current is None else [{"pos": _place(self._current)}])
        shown = places if self._current is None else np.vstack([places, _place(self._current)])
        if len(shown):
            self._fit(shown)
        self.restyle(theme.current())

    def _fit(self, places: np.ndarray) -> None:
        """Keep the axes where they are while everything is inside and fills them well enough."""
        low, high = places.min(axis=0), places.max(axis=0)
        ranges = np.array(self._box.viewRange())
        inside = np.all(ranges[:, 0] <= low - MARGIN / 2) and np.all(high + MARGIN / 2 <= ranges[:, 1])
        filled = np.all(high - low >= 0.5 * (ranges[:, 1] - ranges[:, 0]))
        if not (inside and filled):
            margin = np.maximum(0.12 * (high - low), MARGIN)
            right = high[0] + 2.2 * margin[0]  # names stand right of their points
            self._box.setRange(
                xRange=(low[0] - margin[0], right), yRange=(low[1] - margin[1], high[1] + margin[1]), padding=0.0
            )

    def _name(self) -> None:
        colours = theme.current()
        named = []
        if self._hovered is not None:
            named.append(Named(self._figures(self._hovered), colours.text, *_place(self._hovered)))
        elif self._current is not None:
            text = f"{self._axis} {_setting(self._current)} · {figure(self._current.milliseconds)} ms"
            named.append(Named(text, colours.secondary if self._stale else colours.orange, *_place(self._current)))
        if self._hovered is None:
            named += [
                Named(power_of_ten(math.log10(point.setting)), colours.secondary, *_place(point))
                for point in _labelled(self._points, self._current)
            ]
        self.labels.show(named, _along([_place(point) for point in self._points]))

    def _figures(self, point: SweepPoint) -> str:
        return (
            f"{self._axis} {_setting(point)} · error {figure(point.error)} · "
            f"{count(point.nfe)} NFE · {figure(point.milliseconds)} ms"
        )

    def _hover(self, place: QPointF) -> None:
        nearest, distance = None, math.inf
        for point in (*self._points, *([] if self._current is None else [self._current])):
            there = self._box.mapViewToScene(QPointF(*_place(point)))
            away = math.hypot(there.x() - place.x(), there.y() - place.y())
            if away <= min(distance, REACH):
                nearest, distance = point, away
        if nearest is not self._hovered:
            self._hovered = nearest
            self._name()

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self._name()


def _drawable(point: SweepPoint) -> bool:
    return math.isfinite(point.error) and point.error > 0 and point.nfe > 0


def _setting(point: SweepPoint) -> str:
    return setting_text(point.setting, logarithmic=True)


def _place(point: SweepPoint) -> tuple[float, float]:
    return math.log10(point.nfe), math.log10(point.error)


def _along(places: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Points close together on the line through `places`, for names to keep clear of."""
    corners = np.array(places).reshape(-1, 2)
    if len(corners) < 2:
        return corners
    at = np.linspace(0, len(corners) - 1, BETWEEN * len(corners))
    return np.stack([np.interp(at, np.arange(len(corners)), side) for side in corners.T], axis=1)


def _labelled(points: Sequence[SweepPoint], current: SweepPoint | None) -> list[SweepPoint]:
    """The few points to name: whole decades, evenly chosen, not the one that the large dot names already."""
    decades = [point for point in points if math.isclose(math.log10(point.setting) % 1.0, 0.0, abs_tol=1e-6)]
    free = [point for point in decades if current is None or not math.isclose(point.setting, current.setting)]
    stride = -(-len(free) // MOST_LABELS) if free else 1
    return free[::stride]
