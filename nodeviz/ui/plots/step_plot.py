"""What plots over training steps have in common: they follow the newest step, and redraw once a frame at most."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from nodeviz.ui.plots.end_labels import EndLabels, Named
from nodeviz.ui.plots.frame import ThemedPlot
from nodeviz.ui.plots.trace import Span

FEWEST_STEPS = 50  # an axis that begins shorter than this would race at first
AHEAD, ROOM = 0.78, 1.5  # the axis grows when this share of it is full, to so many times what there is
MARGIN = 0.08


class _StepView(pg.ViewBox):
    """Zooms and pans along the steps alone; a double click follows the newest step again."""

    followed = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()

    def mouseClickEvent(self, event: Any) -> None:
        event.accept()
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            self.followed.emit()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)


class StepPlot(ThemedPlot):
    """Records over training steps. Subclasses draw in `draw_steps`; appending while hidden draws nothing."""

    _dirtied = Signal()

    def __init__(self, left_axis: pg.AxisItem | None = None, parent: QWidget | None = None) -> None:
        self.steps_view = _StepView()
        super().__init__(self.steps_view, parent, axes={} if left_axis is None else {"left": left_axis})
        self.labels = EndLabels(self.steps_view)
        self._following, self._waiting = True, False
        self._shown: tuple[float, float, float, float] | None = None
        self._dirtied.connect(self._redraw, Qt.ConnectionType.QueuedConnection)  # many appends, one drawing
        self.steps_view.followed.connect(self.follow)
        self.steps_view.sigRangeChangedManually.connect(self._leave)

    @abstractmethod
    def steps(self) -> tuple[int, int]:
        """The first step recorded and the one after the last; equal when there is none."""
        raise NotImplementedError

    @abstractmethod
    def draw_steps(self, begin: float, end: float, pixels: int) -> Span:
        """Draw the steps from `begin` to `end` on so many pixels; say the span to be seen."""
        raise NotImplementedError

    @abstractmethod
    def ends(self) -> list[Named]:
        """The names at the curves' ends."""
        raise NotImplementedError

    @property
    def waiting(self) -> bool:
        """Whether something is recorded that is not drawn yet."""
        return self._waiting

    def follow(self) -> None:
        """Show all steps, and new ones as they come."""
        self._following, self._shown = True, None
        self.dirty()

    def dirty(self) -> None:
        """Draw again, once, when the events that wait have been handled; when hidden, once it is shown."""
        if not self._waiting:
            self._waiting = True
            if self.isVisible():
                self._dirtied.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting:
            self._dirtied.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_waiting"):  # Qt resizes a widget before its constructor has ended
            self.dirty()

    def _leave(self, *_: object) -> None:
        self._following = False
        self.dirty()

    def _redraw(self) -> None:
        if not self._waiting or not self.isVisible():
            return
        self._waiting = False
        first, end = self.steps()
        if first == end:
            self.labels.show([])
            self._shown = None
            return
        if self._following:
            begin, until = self._follow_range(first, end)
        else:
            begin, until = self.steps_view.viewRange()[0]
        pixels = int(self.steps_view.width() * self.devicePixelRatioF())
        span = self.draw_steps(begin, until, max(16, pixels))
        self._fit(begin, until, span)
        self.labels.show(self.ends(), self._drawn())

    def _drawn(self) -> NDArray[np.float64]:
        """Every point of every line, for the names to keep clear of."""
        lines = [item.getData() for item in self.plot.items if isinstance(item, pg.PlotCurveItem)]
        points = [np.stack(line, axis=1) for line in lines if line[0] is not None and len(line[0])]
        return np.concatenate(points) if points else np.zeros((0, 2))

    def _follow_range(self, first: int, end: int) -> tuple[float, float]:
        """All steps and room ahead; the axis moves only when the room is used up, so that ticks stand still."""
        if self._shown is not None:
            begin, until = self._shown[:2]
            if begin == first and end - first <= AHEAD * (until - begin):
                return begin, until
        return float(first), first + max(FEWEST_STEPS, ROOM * (end - first))

    def _fit(self, begin: float, until: float, span: Span) -> None:
        low, high = span
        if not np.isfinite([low, high]).all():
            low, high = 0.0, 1.0
        if self._shown is not None and _fits(low, high, *self._shown[2:]):
            low, high = self._shown[2:]
        else:
            low, high = self.padded(low, high)
        shown = (begin, until, low, high)
        if shown != self._shown:
            self._shown = shown
            self.steps_view.setRange(xRange=(begin, until), yRange=(low, high), padding=0.0, disableAutoRange=True)

    def padded(self, low: float, high: float) -> tuple[float, float]:
        """The range of the axis for values from `low` to `high`."""
        margin = MARGIN * max(high - low, 0.2)
        return low - margin, high + margin


def _fits(low: float, high: float, shown_low: float, shown_high: float) -> bool:
    """Whether the values are inside what is shown and fill enough of it."""
    return shown_low <= low and high <= shown_high and high - low >= 0.55 * (shown_high - shown_low)


def consecutive(steps: NDArray[np.integer], *arrays: NDArray[np.floating]) -> int:
    """The first of `steps`. Raises `ValueError` unless they rise by one and every array has a value for each."""
    if any(len(array) != len(steps) for array in arrays) or (len(steps) > 1 and np.any(np.diff(steps) != 1)):
        lengths = ", ".join(str(len(array)) for array in arrays)
        raise ValueError(
            f"Expected consecutive steps and arrays of their length, {len(steps)}; got lengths {lengths}. "
            "Append what one Progress holds."
        )
    return int(steps[0]) if len(steps) else 0
