"""How panels, bars and their controls look: one style sheet of the theme's colours. Plots never see it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from nodeviz.ui import theme
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
        self._widget.setStyleSheet(style_sheet(colours))


def style_sheet(colours: Theme) -> str:
    """The style of everything that is no plot. Names (#caption …) are the roles that labels play."""
    hover = colours.hairline
    on_accent = "#ffffff" if colours.name == "light" else "#0b1a2c"
    return f"""
    #panel, #bar, #status, QScrollArea#column, QWidget#columnBody {{ background: {colours.panel}; }}
    QLabel {{ background: transparent; color: {colours.text}; }}
    QLabel#caption, QLabel#heading, QLabel#unit {{ color: {colours.secondary}; }}
    QLabel#warning {{ color: {colours.orange}; }}
    QFrame#hairline {{ background: {colours.hairline}; border: none; }}
    QLineEdit {{
        background: {colours.window}; color: {colours.text}; border: 1px solid {colours.hairline};
        border-radius: 4px; padding: 1px 6px; min-height: 20px;
        selection-background-color: {colours.blue}; selection-color: {on_accent};
    }}
    QLineEdit:hover, QComboBox:hover {{ border-color: {colours.secondary}; }}
    QLineEdit:focus, QComboBox:focus {{ border-color: {colours.blue}; }}
    QLineEdit[wrong="true"] {{ border-color: {colours.orange}; }}
    QComboBox {{
        background: {colours.window}; color: {colours.text}; border: 1px solid {colours.hairline};
        border-radius: 4px; padding: 1px 4px 1px 8px; min-height: 20px;
    }}
    QComboBox::drop-down {{ border: none; width: 18px; }}
    QComboBox QAbstractItemView {{
        background: {colours.panel}; color: {colours.text}; border: 1px solid {colours.hairline};
        selection-background-color: {colours.blue}; selection-color: {on_accent}; padding: 4px; outline: none;
    }}
    QToolButton, QPushButton {{
        background: transparent; color: {colours.text}; border: 1px solid transparent; border-radius: 6px;
        padding: 4px 10px;
    }}
    QToolButton:hover, QPushButton:hover {{ background: {hover}; }}
    QToolButton:pressed, QPushButton:pressed {{ background: {colours.window}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {colours.blue}; }}
    QToolButton:disabled, QPushButton:disabled {{ color: {colours.secondary}; }}
    QToolButton#primary {{ background: {colours.blue}; color: {on_accent}; font-weight: 600; }}
    QToolButton#primary:hover {{ border-color: {colours.text}; }}
    QToolButton#more {{ color: {colours.secondary}; padding: 2px 6px 2px 0px; margin: 0; }}
    QToolButton#chip {{
        color: {colours.secondary}; border: 1px solid {colours.hairline}; border-radius: 10px; padding: 1px 7px;
    }}
    QToolButton#chip:checked {{ color: {colours.text}; background: {hover}; border-color: {hover}; }}
    QToolButton#chip:focus {{ border-color: {colours.blue}; }}
    QToolButton#plain {{ padding: 1px; border-radius: 4px; }}
    QToolButton#plain:checked {{ background: {hover}; }}
    QToolButton#segment {{ border: 1px solid {colours.hairline}; border-radius: 4px; padding: 2px 0px; }}
    QToolButton#segment:checked {{ background: {hover}; border-color: {colours.secondary}; }}
    QToolButton#segment:focus {{ border-color: {colours.blue}; }}
    QTabBar#tabs::tab {{
        background: transparent; color: {colours.secondary}; border: none; border-bottom: 2px solid transparent;
        padding: 3px 8px 2px 8px;
    }}
    QTabBar#tabs::tab:hover {{ color: {colours.text}; }}
    QTabBar#tabs::tab:selected {{ color: {colours.text}; border-bottom-color: {colours.blue}; }}
    QTabBar#tabs::tab:selected:focus {{ background: {hover}; }}
    QTableWidget {{ background: {colours.panel}; color: {colours.text}; border: none; outline: none; }}
    QTableWidget::corner {{ background: {colours.panel}; border: none; }}
    QTableWidget::item {{ padding: 0px 6px; }}
    QHeaderView, QHeaderView::section {{
        background: {colours.panel}; color: {colours.secondary}; border: none; padding: 2px 6px;
    }}
    QHeaderView::section {{ border-bottom: 1px solid {colours.hairline}; }}
    QTableWidget QTableCornerButton::section {{ background: {colours.panel}; border: none; }}
    QScrollArea {{ border: none; background: {colours.panel}; }}
    QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {colours.hairline}; border-radius: 4px; min-height: 24px; }}
    QScrollBar::handle:vertical:hover {{ background: {colours.secondary}; }}
    QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {colours.hairline}; border-radius: 4px; min-width: 24px; }}
    QScrollBar::handle:horizontal:hover {{ background: {colours.secondary}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QListWidget {{ background: {colours.panel}; color: {colours.text}; border: none; outline: none; }}
    QListWidget::item {{ padding: 5px 8px; border-radius: 4px; }}
    QListWidget::item:selected {{ background: {colours.blue}; color: {on_accent}; }}
    #banner {{ background: {colours.panel}; border: 1px solid {colours.orange}; border-radius: 8px; }}
    #palette {{ background: {colours.panel}; border: 1px solid {colours.secondary}; border-radius: 8px; }}
    QMenuBar {{ background: {colours.panel}; color: {colours.text}; }}
    QMenuBar::item {{ padding: 4px 10px; background: transparent; border-radius: 4px; }}
    QMenuBar::item:selected {{ background: {hover}; }}
    QMenu {{ background: {colours.panel}; color: {colours.text}; border: 1px solid {colours.hairline}; padding: 4px; }}
    QMenu::item {{ padding: 4px 24px 4px 24px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {colours.blue}; color: {on_accent}; }}
    QMenu::item:disabled {{ color: {colours.secondary}; }}
    QMenu::separator {{ height: 1px; background: {colours.hairline}; margin: 4px 8px; }}
    """
