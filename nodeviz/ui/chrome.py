"""How panels, bars and their controls are dressed: their fonts, and a style sheet that plots never see."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from nodeviz.ui import theme
from nodeviz.ui.style_sheet import style_sheet
from nodeviz.ui.theme import Theme

TABULAR = QFont.Tag("tnum")


def value_font() -> QFont:
    """The text font with numerals of one width, so that figures do not dance."""
    font = theme.text_font()
    font.setFeature(TABULAR, 1)
    return font


def formula_font() -> QFont:
    """A monospaced font for formulas and details."""
    font = theme.text_font()
    font.setFamilies(["JetBrains Mono", "Cascadia Mono", "SF Mono", "Noto Sans Mono", "DejaVu Sans Mono", "monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def heading_font() -> QFont:
    """The caption font, semibold and a little spaced: names of sections."""
    font = theme.caption_font()
    font.setWeight(QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    return font


def dress(widget: QWidget) -> None:
    """Give `widget` and all in it the style of panels, now and whenever the theme changes. Not for plots."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    _Dress(widget).put(theme.current())


class _Dress(QObject):
    """Lives and dies with the widget that wears it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        theme.changed.connect(self.put)

    def put(self, colours: Theme) -> None:
        if self._widget.styleSheet():
            # Of what was measured but never shown, Qt keeps the rules of the sheet before, unless it is polished.
            self._widget.ensurePolished()
        self._widget.setStyleSheet(style_sheet(colours))
