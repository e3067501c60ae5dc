"""A study's chart: any series over common axes, named at their ends, guides dashed, and where the experiment stands."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QWidget

from nodeviz.analysis.report import Chart, Series
from nodeviz.ui import theme
from nodeviz.ui.figures import figure
from nodeviz.ui.plots.end_labels import EndLabels, Named
from nodeviz.ui.plots.frame import ThemedPlot
from nodeviz.ui.plots.log_axis import EitherAxis
from nodeviz.ui.plots.stroke import Stroke
from nodeviz.ui.theme import Theme

REACH = 20.0  # pixels from the pointer to the point whose numbers it shows
MOST_FOR_NAMES = 0.5  # of the width, right of the last point
BESIDE_NAMES = 24.0  # pixels
MARGIN = 0.10
DOT, SMALL_DOT, FEW = 7.0, 4.0, 12
"""Pixels that a dot is wide; more than few are smaller, or they would hide their line."""
ALONE = 0.5
"""Of a lone value, that its axis spans."""
BETWEEN, FEWEST = 12, 200  # points of a line between two of its own, and of a whole one, for names to keep clear of


class _Drawn(NamedTuple):
    """A series as it is drawn: its places on the axes (n, 2), its line and its dots."""

    series: Series
    places: NDArray[np.float64]
    line: Stroke
    dots: pg.ScatterPlotItem


class ReportChart(ThemedPlot):
    """What has no place on a logarithmic axis is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
        self._box.setMouseEnabled(x=False, y=False)
        self._box.disableAutoRange()
        self._across, self._up = EitherAxis("bottom"), EitherAxis("left")
        super().__init__(self._box, parent, axes={"left": self._up, "bottom": self._across})
        self._chart: Chart | None = None
        self._drawn: list[_Drawn] = []
        self._mark = Stroke(1.2)
        self.plot.addItem(self._mark, ignoreBounds=True)
        self._hovered: Named | None = None
        self.labels = EndLabels(self._box, sparing=True)
        self.scene().sigMouseMoved.connect(self._hover)
        self.follow_theme(theme.current())

    def show_chart(self, chart: Chart | None) -> None:
        """Draw `chart` in place of what was drawn."""
        if chart == self._chart:
            return
        self._chart, self._hovered = chart, None
        for drawn in self._drawn:
            for item in (drawn.line, drawn.dots):
                self.plot.removeItem(item)
        self._drawn = []
        if chart is None:
            self.labels.show([])
            return
        self._across.logarithmic, self._up.logarithmic = chart.log_x, chart.log_y
        self.name_axes(chart.x_label, chart.y_label)
        self._drawn = [self._draw(series, height) for height, series in enumerate(chart.series)]
        self._fit()
        self._draw_mark()
        self.restyle(theme.current())

    def restyle(self, colours: Theme) -> None:
        inks = _inks(self._drawn, colours)
        for drawn, ink in zip(self._drawn, inks, strict=True):
            drawn.line.set_colour(ink, dashed=drawn.series.style == "guide")
            drawn.dots.setBrush(pg.mkBrush(ink))
            few = len(drawn.places) <= FEW
            drawn.dots.setPen(pg.mkPen(QColor(colours.panel), width=1.5) if few else None)
        self._mark.set_colour(colours.orange, dashed=True)
        self._name()

    def _draw(self, series: Series, height: int) -> _Drawn:
        chart = self._chart
        places = _places(series, log_x=bool(chart and chart.log_x), log_y=bool(chart and chart.log_y))
        line, dots = Stroke(1.2 if series.style == "guide" else 1.8), pg.ScatterPlotItem(antialias=True)
        dots.setSize(DOT if len(places) <= FEW else SMALL_DOT)
        for item, z in ((line, height), (dots, 100 + height)):
            item.setZValue(z)
            self.plot.addItem(item, ignoreBounds=True)
        if series.style != "points":
            path = _along(places) if series.style == "guide" else places
            line.setData(path[:, 0], path[:, 1])
        if series.style != "guide":
            dots.setData(places[:, 0], places[:, 1])
        return _Drawn(series, places, line, dots)

    def _fit(self) -> None:
        """Show all that was found; a guide only where that is."""
        shown = [drawn.places for drawn in self._drawn if drawn.series.style != "guide" and len(drawn.places)]
        shown = shown or [drawn.places for drawn in self._drawn if len(drawn.places)]
        if not shown:
            return
        points = np.concatenate(shown)
        low, high = points.min(axis=0), points.max(axis=0)
        for drawn in self._drawn:  # a level to compare with is shown even where nothing comes near it
            if drawn.series.style == "guide" and len(drawn.places) and np.ptp(drawn.places[:, 1]) == 0:
                low[1], high[1] = min(low[1], drawn.places[0, 1]), max(high[1], drawn.places[0, 1])
        span = np.where(high > low, high - low, ALONE * np.maximum(np.abs(high), 1.0))
        share = self._share_for_names()
        left, right = low[0] - MARGIN * span[0], high[0] + (1 + MARGIN) * span[0] * share / (1 - share)
        bottom, top = low[1] - MARGIN * span[1], high[1] + MARGIN * span[1]
        self._box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0.0)

    def _share_for_names(self) -> float:
        """Which share of the width the longest name needs."""
        metrics = QFontMetrics(theme.caption_font())
        names = [drawn.series.label for drawn in self._drawn if drawn.series.style != "guide"]
        longest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        return min((longest + BESIDE_NAMES) / max(self._box.width(), 1.0), MOST_FOR_NAMES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._drawn_yet():
            self._fit()
            self._draw_mark()

    def _drawn_yet(self) -> bool:
        return bool(self.__dict__.get("_drawn"))  # Qt resizes a widget before its constructor has ended

    def _draw_mark(self) -> None:
        mark = None if self._chart is None else self._chart.mark
        if self._chart is None or mark is None or (self._chart.log_x and mark <= 0):
            self._mark.setData([], [])
            return
        at = math.log10(mark) if self._chart.log_x else mark
        self._mark.setData([at, at], list(self._box.viewRange()[1]))

    def _name(self) -> None:
        inks = _inks(self._drawn, theme.current())
        named = [] if self._hovered is None else [self._hovered]
        named += [
            Named(drawn.series.label, ink, *_last_in(drawn.places, self._box.viewRect().right()))
            for drawn, ink in zip(self._drawn, inks, strict=True)
            if drawn.series.label and len(drawn.places)
        ]
        ways = [_along(drawn.places) for drawn in self._drawn]
        self.labels.show(named, np.concatenate(ways) if ways else None)

    def _hover(self, place: QPointF) -> None:
        nearest, distance = None, REACH
        for drawn in self._drawn:
            if drawn.series.style == "guide":
                continue
            for x, y in drawn.places.tolist():
                there = self._box.mapViewToScene(QPointF(x, y))
                away = math.hypot(there.x() - place.x(), there.y() - place.y())
                if away <= distance:
                    figures = f"{drawn.series.label}: {self._figures(x, y)}"
                    nearest, distance = Named(figures, theme.current().text, x, y), away
        if nearest != self._hovered:
            self._hovered = nearest
            self._name()

    def _figures(self, x: float, y: float) -> str:
        log_x, log_y = self._across.logarithmic, self._up.logarithmic
        return f"{figure(10**x if log_x else x)} · {figure(10**y if log_y else y)}"

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self._name()


def _inks(drawn: list[_Drawn], colours: Theme) -> list[str]:
    """A colour for every series: guides are quiet, the others as classes are."""
    found = iter(colours.of_class(place) for place in range(len(drawn)))
    return [colours.secondary if each.series.style == "guide" else next(found) for each in drawn]


def _places(series: Series, *, log_x: bool, log_y: bool) -> NDArray[np.float64]:
    """Where the points of `series` lie on the axes, (n, 2)."""
    places = np.array([series.x, series.y], float).T.reshape(-1, 2)
    for side, logarithmic in enumerate((log_x, log_y)):
        if logarithmic:
            places = places[places[:, side] > 0]
            places[:, side] = np.log10(places[:, side])
    return places[np.isfinite(places).all(axis=1)]


def _along(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points close together on the line through `places`."""
    if len(places) < 2:
        return places
    at = np.linspace(0, len(places) - 1, max(BETWEEN * len(places), FEWEST))
    return np.stack([np.interp(at, np.arange(len(places)), side) for side in places.T], axis=1)


def _last_in(places: NDArray[np.float64], right: float) -> tuple[float, float]:
    """The last point of the line through `places` that is not beyond `right`; the last of all where none is."""
    on_line = _along(places)
    inside = on_line[on_line[:, 0] <= right]
    x, y = (inside if len(inside) else on_line)[-1]
    return float(x), float(y)
