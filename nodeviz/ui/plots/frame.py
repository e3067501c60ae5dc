"""What every plot has in common: quiet axes with names, the theme, and a sentence while there is nothing to show."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from nodeviz.ui import theme
from nodeviz.ui.plots.log_axis import plain_ticks
from nodeviz.ui.theme import Theme

AXIS_WIDTH, AXIS_HEIGHT = 56, 34  # pixels that the ticks and names take; fixed, so that plots do not jump

TICK = -4  # pixels, into the plot


class PlainAxis(pg.AxisItem):
    """An axis of numbers, with a true minus sign."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return plain_ticks(super().tickStrings(values, scale, spacing))


class ThemedPlot(pg.PlotWidget):
    """A plot that follows the theme without stylesheets. Subclasses style their items in `restyle`."""

    menuAsked = Signal(QPoint)
    """A context menu was asked for, at this point of the screen."""

    def __init__(
        self,
        view: pg.ViewBox | None = None,
        parent: QWidget | None = None,
        axes: Mapping[str, pg.AxisItem] | None = None,
    ) -> None:
        plain = {side: PlainAxis(side) for side in ("left", "bottom")}
        super().__init__(parent=parent, viewBox=view, axisItems=plain | dict(axes or {}))
        # PlotWidget puts its item's `clear` on the instance, over that of a subclass: it would remove the curves.
        self.__dict__.pop("clear", None)
        self.plot = self.getPlotItem()
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(40, 30)
        for widget in (self, self.viewport()):  # a file that is dropped here is for the window
            widget.setAcceptDrops(False)
        self._names: dict[str, str] = {}
        self._sentence = QLabel(self)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._sentence.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._sentence.hide()
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setZValue(1)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=TICK, tickTextOffset=5, maxTickLevel=1, hideOverlappingLabels=True)
        self.plot.getAxis("left").setWidth(AXIS_WIDTH)
        self.plot.getAxis("bottom").setHeight(AXIS_HEIGHT)
        theme.changed.connect(self.follow_theme)

    def name_axes(self, bottom: str, left: str) -> None:
        """What is drawn along each axis, with its unit."""
        self._names = {"bottom": bottom, "left": left}
        self.follow_theme(theme.current())

    def say(self, sentence: str) -> None:
        """Show `sentence` in the middle, what to do next; nothing when it is empty."""
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        for side in ("left", "bottom"):
            self.plot.getAxis(side).setStyle(
                showValues=not sentence, tickLength=0 if sentence else TICK
            )  # numbers of nothing say nothing

    @property
    def sentence(self) -> str:
        """What `say` shows."""
        return self._sentence.text()

    def follow_theme(self, colours: Theme) -> None:
        """Draw in `colours` from now on."""
        font = theme.caption_font()
        self.setBackground(QColor(colours.panel))
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(QColor(colours.hairline), width=1))
            axis.setTextPen(QColor(colours.secondary))
            axis.setTickFont(font)
            axis.label.setFont(font)
            if side in self._names:
                axis.setLabel(self._fitting(side), color=colours.secondary, **{"font-size": f"{font.pixelSize()}px"})
        palette = self._sentence.palette()
        palette.setColor(self._sentence.foregroundRole(), QColor(colours.secondary))
        self._sentence.setPalette(palette)
        self._sentence.setFont(theme.text_font())
        self.restyle(colours)

    def _fitting(self, side: str) -> str:
        """The axis's name, shortened where the plot is too small for it."""
        room = self.height() - AXIS_HEIGHT if side == "left" else self.width() - AXIS_WIDTH
        metrics = QFontMetrics(theme.caption_font())
        return metrics.elidedText(self._names[side], Qt.TextElideMode.ElideRight, max(room - theme.SPACE, 20))

    def restyle(self, colours: Theme) -> None:
        """Give the subclass's items their colours."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menuAsked.emit(event.globalPos())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_sentence"):  # Qt resizes a widget before its constructor has ended
            inset = theme.SPACE_LARGE
            self._sentence.setGeometry(self.rect().adjusted(AXIS_WIDTH + inset, 0, -inset, -AXIS_HEIGHT))
            self._fit_names()

    def _fit_names(self) -> None:
        if self.plotItem is None:  # pyqtgraph's way to say that it is closed, which resizes it once more
            return
        for side in self._names:
            axis, fitting = self.plot.getAxis(side), self._fitting(side)
            if axis.labelText != fitting:
                axis.setLabel(fitting)
