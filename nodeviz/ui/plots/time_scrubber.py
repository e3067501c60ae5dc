"""Which time is looked at: a slider over the trajectories' time, with play and loop."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from nodeviz.ui import chrome, icons, theme
from nodeviz.ui.figures import figure
from nodeviz.ui.slider_keys import claim_ends
from nodeviz.ui.theme import Theme

TICKS = 10_000  # positions of the slider: finer than pixels, so that playing glides
PLAYED_IN = 10.0  # seconds that playing takes from end to end
FORWARD = ("Play", "Move through time from here.")
BACKWARD = ("Play backwards", "Move back through time from here: the flow the other way.")
STAND_STILL = "Stand still at this time."


class TimeScrubber(QWidget):
    """Time from `begin` to `end`. Playing moves it with every tick, either way; there it stops, or begins again."""

    timeChanged = Signal(float)
    playingChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._begin, self._end, self._time = 0.0, 1.0, 0.0
        self.back, self.play = _button(*BACKWARD), _button(*FORWARD)
        self.loop = _button("Loop", "Begin again when the end is reached.")
        self.loop.setChecked(True)
        self.slider = _Track()
        self.figure = QLabel()
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.SPACE, theme.SPACE_SMALL, theme.SPACE_LARGE, theme.SPACE_SMALL)
        line.setSpacing(theme.SPACE)
        for widget in (self.back, self.play, self.slider, self.figure, self.loop):
            line.addWidget(widget, 1 if widget is self.slider else 0)
        chrome.dress(self)
        self.play.toggled.connect(lambda playing: self._on_toggled(self.play, self.back, playing))
        self.back.toggled.connect(lambda playing: self._on_toggled(self.back, self.play, playing))
        self.slider.valueChanged.connect(self._slid)
        theme.changed.connect(self._follow_theme)
        self._follow_theme(theme.current())
        self._show_time()

    @property
    def time(self) -> float:
        """The time looked at."""
        return self._time

    @property
    def playing(self) -> bool:
        return self.play.isChecked() or self.back.isChecked()

    def set_duration(self, duration: float) -> None:
        """Time runs from 0 to `duration`."""
        self.set_range(0.0, duration)

    def set_range(self, begin: float, end: float) -> None:
        """Time runs from `begin` to `end`; the time looked at stays when it is inside, else goes to the nearer end."""
        if not (math.isfinite(begin) and math.isfinite(end)) or end <= begin:
            raise ValueError(f"Time runs from a begin to a later end; got {begin} to {end}. Pass an end after begin.")
        self._begin, self._end = begin, end
        self.set_time(min(max(self._time, begin), end))
        self._show_time()

    def set_time(self, t: float) -> None:
        """Look at time `t`, kept within the range."""
        t = min(max(t, self._begin), self._end)
        changed = t != self._time
        self._time = t
        self._show_time()
        if changed:
            self.timeChanged.emit(t)

    def set_playing(self, playing: bool, *, backwards: bool = False) -> None:
        """Play or stand still. Played from where it ends, it begins again."""
        wanted = (self.back if backwards else self.play) if playing else None
        for button in (self.play, self.back):
            button.setChecked(button is wanted)

    def tick(self, seconds: float) -> None:
        """Let `seconds` of the viewer's time pass."""
        if not self.playing:
            return
        span = self._end - self._begin
        way = -1 if self.back.isChecked() else 1
        t = self._time + way * seconds * span / PLAYED_IN
        if self._begin < t < self._end:
            self.set_time(t)
        elif self.loop.isChecked():
            self.set_time(self._begin + (t - self._begin) % span)
        else:
            self.set_time(t)
            self.set_playing(False)

    def _slid(self, value: int) -> None:
        self.set_time(self._begin + (self._end - self._begin) * value / TICKS)

    def _show_time(self) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round((self._time - self._begin) / (self._end - self._begin) * TICKS))
        self.slider.blockSignals(False)
        self.slider.update()
        self.figure.setText(f"t = {_fixed(self._time, self._end)}")
        self.slider.setAccessibleDescription(f"{figure(self._time)} of {figure(self._end)} seconds")

    def _on_toggled(self, button: QToolButton, other: QToolButton, playing: bool) -> None:
        if playing:
            other.setChecked(False)
            last, first = (self._end, self._begin) if button is self.play else (self._begin, self._end)
            if self._time == last:
                self.set_time(first)
        self._follow_theme(theme.current())
        for each, (name, help) in zip((self.play, self.back), (FORWARD, BACKWARD), strict=True):
            each.setToolTip(STAND_STILL if each.isChecked() else help)
            each.setAccessibleName("Pause time" if each.isChecked() else name)
        self.playingChanged.emit(self.playing)

    def _follow_theme(self, colours: Theme) -> None:
        self.play.setIcon(icons.icon("pause" if self.play.isChecked() else "play", colours.text))
        self.back.setIcon(icons.icon("pause" if self.back.isChecked() else "back", colours.text))
        self.loop.setIcon(icons.icon("loop", colours.text if self.loop.isChecked() else colours.secondary))
        self.figure.setFont(theme.caption_font())
        metrics = self.figure.fontMetrics()
        self.figure.setMinimumWidth(metrics.horizontalAdvance("t = 000.00"))
        self.slider.update()


class _Track(QSlider):
    """A slim track with a dot; a press anywhere goes there at once. Arrow, page, home and end keys as in any slider."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, TICKS)
        self.setSingleStep(TICKS // 200)
        self.setPageStep(TICKS // 20)
        self.setAccessibleName("Time")
        self.setToolTip("The time at which the dots stand on the curves.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:
        return QSize(200, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 24)

    def event(self, event: QEvent) -> bool:
        claim_ends(event)
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        left, right, middle = self._ends()
        x = left + (right - left) * self.value() / TICKS
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.hairline))
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        painter.setBrush(QColor(colours.blue))
        painter.drawRoundedRect(QRectF(left, middle - 2, x - left, 4), 2, 2)
        if self.hasFocus() or self.isSliderDown():
            halo = QColor(colours.blue)
            halo.setAlpha(70)
            painter.setBrush(halo)
            painter.drawEllipse(QPointF(x, middle), 10, 10)
        painter.setBrush(QColor(colours.text))
        painter.drawEllipse(QPointF(x, middle), 6, 6)
        painter.end()

    def _go(self, x: float) -> None:
        left, right, _ = self._ends()
        self.setValue(round(min(max((x - left) / max(right - left, 1.0), 0.0), 1.0) * TICKS))

    def _ends(self) -> tuple[float, float, float]:
        return 10.0, max(11.0, self.width() - 10.0), self.height() / 2


def _button(name: str, help: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setAccessibleName(name)
    button.setToolTip(help)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _fixed(t: float, end: float) -> str:
    """`t` with as many decimals as three digits of `end` have, so that the figure does not dance."""
    decimals = min(max(0, 2 - math.floor(math.log10(abs(end)))), 6) if end else 2
    return f"{t:.{decimals}f}"
