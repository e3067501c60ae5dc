"""The style sheet of panels, bars and their controls, of one part a kind of widget, in a theme's colours.

Names (#caption, #chip, ...) are the roles that widgets play, as their object names.
"""

from __future__ import annotations

from string import Template

from nodeviz.ui.theme import Theme

REGIONS = """
#panel, #bar, #status, QScrollArea#column, QWidget#columnBody { background: $panel; }
QLabel { background: transparent; color: $text; }
QLabel#caption, QLabel#heading, QLabel#unit { color: $secondary; }
QLabel#warning { color: $orange; }
QFrame#hairline { background: $hairline; border: none; }
"""

FIELDS = """
QLineEdit {
    background: $window; color: $text; border: 1px solid $hairline;
    border-radius: 4px; padding: 1px 6px; min-height: 20px;
    selection-background-color: $blue; selection-color: $on_accent;
}
QLineEdit:hover, QComboBox:hover { border-color: $secondary; }
QLineEdit:focus, QComboBox:focus { border-color: $blue; }
QLineEdit[wrong="true"] { border-color: $orange; }
QComboBox {
    background: $window; color: $text; border: 1px solid $hairline;
    border-radius: 4px; padding: 1px 4px 1px 8px; min-height: 20px;
}
QComboBox::drop-down { border: none; width: 18px; }
QComboBox QAbstractItemView {
    background: $panel; color: $text; border: 1px solid $hairline;
    selection-background-color: $blue; selection-color: $on_accent; padding: 4px; outline: none;
}
"""

BUTTONS = """
QToolButton, QPushButton {
    background: transparent; color: $text; border: 1px solid transparent; border-radius: 6px;
    padding: 4px 10px;
}
QToolButton:hover, QPushButton:hover { background: $hover; }
QToolButton:pressed, QPushButton:pressed { background: $window; }
QToolButton:focus, QPushButton:focus { border-color: $blue; }
QToolButton:disabled, QPushButton:disabled { color: $secondary; }
QToolButton#primary { background: $blue; color: $on_accent; font-weight: 600; }
QToolButton#primary:hover { border-color: $text; }
QToolButton#more { color: $secondary; padding: 2px 6px 2px 0px; margin: 0; }
QToolButton#chip {
    color: $secondary; border: 1px solid $hairline; border-radius: 10px; padding: 1px 7px;
}
QToolButton#chip:checked { color: $text; background: $hover; border-color: $hover; }
QToolButton#chip:focus { border-color: $blue; }
QToolButton#chip::menu-indicator { image: none; }
QToolButton#plain { padding: 1px; border-radius: 4px; }
QToolButton#plain:checked { background: $hover; }
QToolButton#segment { border: 1px solid $hairline; border-radius: 4px; padding: 2px 0px; }
QToolButton#segment:checked { background: $hover; border-color: $secondary; }
QToolButton#segment:focus { border-color: $blue; }
"""

TABS = """
QTabBar#tabs::tab {
    background: transparent; color: $secondary; border: none; border-bottom: 2px solid transparent;
    padding: 3px 8px 2px 8px;
}
QTabBar#tabs::tab:hover { color: $text; }
QTabBar#tabs::tab:selected { color: $text; border-bottom-color: $blue; }
QTabBar#tabs::tab:selected:focus { background: $hover; }
"""

TABLES = """
QTableWidget { background: $panel; color: $text; border: none; outline: none; }
QTableWidget::corner { background: $panel; border: none; }
QTableWidget::item { padding: 0px 6px; }
QHeaderView, QHeaderView::section {
    background: $panel; color: $secondary; border: none; padding: 2px 6px;
}
QHeaderView::section { border-bottom: 1px solid $hairline; }
QTableWidget QTableCornerButton::section { background: $panel; border: none; }
"""

SCROLLING = """
QScrollArea { border: none; background: $panel; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle:vertical { background: $hairline; border-radius: 4px; min-height: 24px; }
QScrollBar::handle:vertical:hover { background: $secondary; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle:horizontal { background: $hairline; border-radius: 4px; min-width: 24px; }
QScrollBar::handle:horizontal:hover { background: $secondary; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""

LISTS = """
QListWidget { background: $panel; color: $text; border: none; outline: none; }
QListWidget::item { padding: 5px 8px; border-radius: 4px; }
QListWidget::item:selected { background: $blue; color: $on_accent; }
"""

FLOATING = """
#banner { background: $panel; border: 1px solid $orange; border-radius: 8px; }
#palette { background: $panel; border: 1px solid $secondary; border-radius: 8px; }
"""

MENUS = """
QMenuBar { background: $panel; color: $text; }
QMenuBar::item { padding: 4px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; color: $text; border: 1px solid $hairline; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 24px; border-radius: 4px; }
QMenu::item:selected { background: $blue; color: $on_accent; }
QMenu::item:disabled { color: $secondary; }
QMenu::separator { height: 1px; background: $hairline; margin: 4px 8px; }
"""

PARTS = (REGIONS, FIELDS, BUTTONS, TABS, TABLES, SCROLLING, LISTS, FLOATING, MENUS)


def style_sheet(colours: Theme) -> str:
    """The style of everything that is no plot."""
    return Template("".join(PARTS)).substitute(
        window=colours.window,
        panel=colours.panel,
        hairline=colours.hairline,
        text=colours.text,
        secondary=colours.secondary,
        blue=colours.blue,
        orange=colours.orange,
        hover=colours.hairline,
        on_accent="#ffffff" if colours.name == "light" else "#0b1a2c",
    )
