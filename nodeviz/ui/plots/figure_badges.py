"""How well it does: the task's figures of merit, in a corner of the plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nodeviz.tasks.picture import Figure
from nodeviz.ui import theme
from nodeviz.ui.figures import figure

HEIGHT, INSET, GAP, PADDING, BETWEEN = 22.0, 8.0, 4.0, 8.0, 5.0


class _Badge(NamedTuple):
    """Where a figure stands, what it is called and what it is."""

    rect: QRectF
    label: str
    value: str


class FigureBadges(pg.GraphicsObject):
    """Pills from the upper left corner of `view` on, in as many lines as they need. They take no clicks."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self._view = view
        self._figures: tuple[Figure, ...] = ()
        self._badges: tuple[_Badge, ...] = ()
        view.sigResized.connect(self._arrange)

    @property
    def texts(self) -> list[str]:
        """What is shown, one text a badge."""
        return [f"{badge.label} {badge.value}" for badge in self._badges]

    def set_figures(self, figures: Sequence[Figure]) -> None:
        """Show these in place of what was shown."""
        self._figures = tuple(figures)
        texts = self.texts
        self._arrange()
        if texts != self.texts:
            self.setToolTip("\n".join(f"{each.label}: {each.sentence}" for each in self._figures if each.sentence))
            self.update()

    def set_theme(self) -> None:
        """Draw in the colours and the type of the theme in force."""
        self._arrange()
        self.update()

    def covered(self) -> list[QRectF]:
        """What they hide, in the view's pixels: for names of curves to keep clear of."""
        return [badge.rect.translated(INSET, INSET) for badge in self._badges]

    def boundingRect(self) -> QRectF:
        if not self._badges:
            return QRectF()
        right = max(badge.rect.right() for badge in self._badges)
        return QRectF(0, 0, right + 1, self._badges[-1].rect.bottom() + 1)

    def paint(self, painter: QPainter, *_: object) -> None:
        colours = theme.current()
        ground = QColor(colours.canvas)
        ground.setAlpha(215)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        label_font, value_font = _fonts()
        for rect, label, value in self._badges:
            painter.setPen(QColor(colours.hairline))
            painter.setBrush(ground)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), HEIGHT / 2, HEIGHT / 2)
            metrics = QFontMetricsF(value_font)
            base = rect.top() + (HEIGHT + metrics.ascent() - metrics.descent()) / 2
            painter.setFont(label_font)
            painter.setPen(QColor(colours.secondary))
            painter.drawText(QPointF(rect.left() + PADDING, base), label)
            painter.setFont(value_font)
            painter.setPen(QColor(colours.text))
            left = rect.left() + PADDING + QFontMetricsF(label_font).horizontalAdvance(label) + BETWEEN
            painter.drawText(QPointF(left, base), value)

    def _arrange(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.setPos(INSET, INSET)
        self._badges = tuple(self._placed(self._view.width() - 2 * INSET))

    def _placed(self, room: float) -> Iterator[_Badge]:
        label_font, value_font = (QFontMetricsF(font) for font in _fonts())
        x = y = 0.0
        for each in self._figures:
            value = written(each)
            wide = label_font.horizontalAdvance(each.label) + value_font.horizontalAdvance(value)
            width = wide + 2 * PADDING + BETWEEN
            if x > 0 and x + width > room:
                x, y = 0.0, y + HEIGHT + GAP
            yield _Badge(QRectF(x, y, width, HEIGHT), each.label, value)
            x += width + GAP


def written(shown: Figure) -> str:
    """A figure's value with its unit; whole numbers as such."""
    text = f"{shown.value:.0f}" if float(shown.value).is_integer() and abs(shown.value) < 1e6 else figure(shown.value)
    return f"{text}\u00a0{shown.unit}" if shown.unit else text


def _fonts() -> tuple[QFont, QFont]:
    label, value = theme.caption_font(), theme.caption_font()
    value.setWeight(QFont.Weight.DemiBold)
    return label, value
