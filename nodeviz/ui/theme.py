"""How the window looks: two palettes, type and spacing, and the switch between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Choice = Literal["dark", "light", "system"]

SPACE_SMALL, SPACE, SPACE_LARGE = 4, 8, 16
TEXT_PIXELS, CAPTION_PIXELS, FIGURE_PIXELS = 13, 11, 20
GENERIC_FAMILIES = {"", "sans", "sans serif", "sans-serif", "helvetica"}
PREFERRED_FAMILIES = ("Inter", "Segoe UI", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")


@dataclass(frozen=True)
class Theme:
    """Every colour the window uses, as `#rrggbb`. Text stands at 4.5 : 1 or better on window, panel and canvas.

    `slow` and `fast` end the speed map, which keeps within a low contrast so that curves stand out. `density` are the
    stops of the map of densities, from none to most; `classes` the colours of points by their class.
    """

    name: Literal["dark", "light"]
    window: str
    panel: str
    hairline: str
    text: str
    secondary: str
    blue: str
    orange: str
    canvas: str
    slow: str
    fast: str
    particle: str
    particle_opacity: float
    ghost: str
    observed: str
    learnt: str
    user: str
    faint: str
    faint_blue: str
    arrow: str
    boundary: str
    density: tuple[str, ...]
    classes: tuple[str, ...]

    def of_class(self, label: int) -> str:
        """The colour of class `label`; they begin again when there are more classes than colours."""
        return self.classes[label % len(self.classes)]


DARK = Theme(
    name="dark",
    window="#14161a",
    panel="#1b1e24",
    hairline="#2a2f38",
    text="#e6e9ef",
    secondary="#9aa3b2",
    blue="#5aa9ff",
    orange="#ffb454",
    canvas="#101216",
    slow="#12151b",
    fast="#2b4254",
    particle="#cfe3f5",
    particle_opacity=0.42,
    ghost="#2f5f96",
    observed="#7dbbff",
    learnt="#ffb454",
    user="#f4f6fa",
    faint="#6e5636",
    faint_blue="#34567c",
    arrow="#6d8193",
    boundary="#dfe5ee",
    density=("#101216", "#1d3144", "#285a6e", "#3b8a8c", "#79bd9a", "#d5e8b0"),
    classes=("#5aa9ff", "#ffb454", "#5fd3a5", "#e58fd0", "#e6e06a", "#b0a2ff", "#ff8a70", "#c6cbd4"),
)

LIGHT = Theme(
    name="light",
    window="#f6f7f9",
    panel="#ffffff",
    hairline="#e1e5eb",
    text="#1b2330",
    secondary="#5c6675",
    blue="#1a63d8",
    orange="#b8520a",
    canvas="#fbfcfd",
    slow="#fbfcfd",
    fast="#c9d9e6",
    particle="#35516b",
    particle_opacity=0.34,
    ghost="#9cc3f7",
    observed="#1f6feb",
    learnt="#d9640a",
    user="#1b2330",
    faint="#f0c9a0",
    faint_blue="#b5d0f5",
    arrow="#7f93a6",
    boundary="#3a4656",
    density=("#fbfcfd", "#d3e6e3", "#98cbc7", "#559fa5", "#28707f", "#12455a"),
    classes=("#1f6feb", "#d9640a", "#0d8a5f", "#b03a97", "#8a7a00", "#6a54d8", "#c23a26", "#5c6675"),
)


class _Switch(QObject):
    """Holds the theme in force and says when it changed; follows the system when told to."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.choice: Choice = "system"
        self._followed: QGuiApplication | None = None

    def follow(self, app: QApplication) -> None:
        """Listen, once an application, for the system's change between light and dark."""
        if self._followed is not app:
            app.styleHints().colorSchemeChanged.connect(self._system_changed)
            self._followed = app

    def put(self, app: QApplication, theme: Theme) -> None:
        """Give `app` the palette of `theme` and tell whoever draws."""
        app.setPalette(qt_palette(theme))
        if theme is not self.theme:
            self.theme = theme
            self.changed.emit(theme)

    def _system_changed(self) -> None:
        app = QApplication.instance()
        if self.choice == "system" and isinstance(app, QApplication):
            self.put(app, _system_theme(app))


_switch = _Switch()
changed = _switch.changed


def apply(app: QApplication, choice: Choice) -> None:
    """Draw `app` dark, light, or as the system does from now on."""
    if choice not in ("dark", "light", "system"):
        raise ValueError(f"A theme is dark, light or system; got {choice!r}. Choose one of the three.")
    if app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setFont(text_font())
    _switch.follow(app)
    _switch.choice = choice
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light, "system": Qt.ColorScheme.Unknown}
    app.styleHints().setColorScheme(schemes[choice])
    themes = {"dark": DARK, "light": LIGHT}
    _switch.put(app, themes[choice] if choice in themes else _system_theme(app))


def current() -> Theme:
    """The theme in force."""
    return _switch.theme


def chosen() -> Choice:
    """What was asked for: dark, light or system."""
    return _switch.choice


def text_font() -> QFont:
    """The system's interface font at 13 px; a good installed one where the system names none."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if font.family().lower() in GENERIC_FAMILIES:
        family = _preferred_family()
        if family is not None:
            font.setFamily(family)
    font.setPixelSize(TEXT_PIXELS)
    return font


@cache
def _preferred_family() -> str | None:
    installed = set(QFontDatabase.families())
    return next((family for family in PREFERRED_FAMILIES if family in installed), None)


def caption_font() -> QFont:
    """11 px, tabular numerals: axes, labels, captions."""
    font = text_font()
    font.setPixelSize(CAPTION_PIXELS)
    return _tabular(font)


def figure_font() -> QFont:
    """20 px semibold with tabular numerals: the live figures."""
    font = text_font()
    font.setPixelSize(FIGURE_PIXELS)
    font.setWeight(QFont.Weight.DemiBold)
    return _tabular(font)


def _tabular(font: QFont) -> QFont:
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _system_theme(app: QApplication) -> Theme:
    return LIGHT if app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK


def qt_palette(theme: Theme) -> QPalette:
    """`theme` as Qt's widgets understand it."""
    role = QPalette.ColorRole
    palette = QPalette(QColor(theme.panel), QColor(theme.window))
    on_accent = "#ffffff" if theme is LIGHT else "#0b1a2c"
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.orange,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.secondary,
        role.Highlight: theme.blue,
        role.HighlightedText: on_accent,
        role.Accent: theme.blue,
        role.Link: theme.blue,
        role.Mid: theme.hairline,
        role.Midlight: theme.hairline,
        role.Dark: theme.hairline,
        role.Light: theme.panel,
    }
    for colour_role, colour in colours.items():
        palette.setColor(colour_role, QColor(colour))
    for colour_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, colour_role, QColor(theme.secondary))
    return palette
