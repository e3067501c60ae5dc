"""The main window: puts everything in its place. Nothing is decided here."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from nodeviz.export import Trajectory
from nodeviz.ui import chrome, theme
from nodeviz.ui.actions import Actions
from nodeviz.ui.banner import BannerArea
from nodeviz.ui.command_palette import CommandPalette
from nodeviz.ui.commands import MENUS
from nodeviz.ui.desk import Desk, Workplace
from nodeviz.ui.dropping import FileDrops
from nodeviz.ui.exporting import show_menu
from nodeviz.ui.help_panel import HelpPanel
from nodeviz.ui.history_feed import HistoryFeed
from nodeviz.ui.loss_feed import LossFeed
from nodeviz.ui.panels.column import Column
from nodeviz.ui.panels.cost import CostPanel
from nodeviz.ui.panels.field import FieldPanel
from nodeviz.ui.panels.problem import ProblemPanel
from nodeviz.ui.panels.section import Section, hairline
from nodeviz.ui.panels.solver import SolverPanel
from nodeviz.ui.panels.study_tabs import StudyTabs
from nodeviz.ui.panels.training import TrainingPanel
from nodeviz.ui.parameter_feed import ParameterFeed
from nodeviz.ui.phase_feed import PhaseFeed
from nodeviz.ui.plots.loss_plot import LossPlot
from nodeviz.ui.plots.nfe_plot import NfePlot
from nodeviz.ui.plots.phase_plane import PhasePlane
from nodeviz.ui.plots.time_scrubber import TimeScrubber
from nodeviz.ui.plots.tradeoff_plot import TradeoffPlot
from nodeviz.ui.ready_menu import ReadyMenu
from nodeviz.ui.recent_menu import RecentMenu
from nodeviz.ui.status_bar import StatusBar
from nodeviz.ui.study_feed import StudyFeed
from nodeviz.ui.sweep_feed import SweepFeed
from nodeviz.ui.toolbar import Toolbar
from nodeviz.ui.view_chips import ViewChips

PLOTS_SHARE, PLOTS_LOWEST, PLOTS_HIGHEST = 0.25, 168, 460
WIDENED_SHARE, WIDENED_HIGHEST = 0.45, 900


class MainWindow(QMainWindow):
    """Cause left, effect in the middle, price right, history below."""

    shownFirst = Signal()
    closed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._was_shown = False
        self.plane: PhasePlane = PhasePlane()
        self.scrubber = TimeScrubber()
        self.loss, self.evaluations, self.tradeoff = LossPlot(), NfePlot(), TradeoffPlot()
        self.studies = StudyTabs(self.tradeoff, "Trade-off")
        self.cost = CostPanel()
        problem, field = ProblemPanel(desk.store, desk.alternatives), FieldPanel(desk.store, desk.alternatives)
        self.left = Column((problem, field, TrainingPanel(desk.store)), "Problem, field, training")
        self.right = Column((SolverPanel(desk.store), self.cost), "Solver and cost")
        place = Workplace(desk, self)
        self.actions_by_name = Actions(place)
        self.toolbar = Toolbar(self.actions_by_name, desk.link)
        self.status = StatusBar(desk.link, desk.clock, desk.announcements, desk.document.session_age)
        self._compose()
        self._make_menus()
        self.banners = BannerArea(desk.announcements, self.plane)
        self.palette_overlay = CommandPalette(self.actions_by_name, self._body)
        self.help_overlay = HelpPanel(self._body)
        self._phase_feed = PhaseFeed(desk.store, desk.link, self.plane, self.scrubber)
        self._feeds = (
            HistoryFeed(desk.link, desk.clock, self.toolbar, self.loss, self.evaluations, self.cost),
            LossFeed(desk.store, desk.clock, self.loss),
            SweepFeed(desk.store, desk.link, desk.clock, self.tradeoff),
            StudyFeed(desk.store, desk.link, desk.clock, self.studies),
            ParameterFeed(desk.store, desk.link, field),
        )
        FileDrops(self, desk)
        for plot in (self.plane.canvas, self.loss, self.evaluations, self.tradeoff):
            plot.menuAsked.connect(lambda at, plot=plot: show_menu(place, plot, at))
        self.studies.menuAsked.connect(lambda plot, at: show_menu(place, plot, at))
        desk.clock.ticked.connect(self.plane.tick)
        desk.clock.ticked.connect(self.scrubber.tick)
        desk.document.renamed.connect(self._name)
        desk.store.changed.connect(self._name)
        self._name()
        self._take_size()

    # ---- what commands ask of the window ----------------------------------------------------------------------------

    def show_palette(self, typed: str = "") -> None:
        self.palette_overlay.open_with(typed)

    def show_help(self) -> None:
        self.help_overlay.toggle()

    def trajectories(self) -> tuple[Trajectory, ...]:
        """The trajectories drawn in the phase plane."""
        return self._phase_feed.trajectories

    def focus_region(self, index: int) -> None:
        """Move the keyboard to a region, counted as the eye goes: left column, plane, right column, plots."""
        regions: tuple[QWidget, ...] = (
            *self.left.sections,
            self.plane,
            *self.right.sections,
            self.loss,
            self.evaluations,
            self.studies.front,
        )
        region = regions[index]
        if isinstance(region, Section):
            region.focus_first()
        else:
            region.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def remember_taste(self) -> None:
        """Keep the theme and the size for the next launch."""
        kept = self._desk.preferences
        size = self.normalGeometry().size() if self.isMaximized() else self.size()
        kept.change(
            msgspec.structs.replace(
                kept.current,
                theme=theme.chosen(),
                width=size.width(),
                height=size.height(),
                maximised=self.isMaximized(),
            )
        )

    # ---- Qt's own -------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.plane.setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.shownFirst.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column in (self.left, self.right):
            column.fit(self.width())
        self._share_height()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.remember_taste()
        self.closed.emit()
        super().closeEvent(event)

    def _share_height(self) -> None:
        """The plots take their share; a study that was widened takes more."""
        wide = self.studies.wide.isChecked()
        share, highest = (WIDENED_SHARE, WIDENED_HIGHEST) if wide else (PLOTS_SHARE, PLOTS_HIGHEST)
        self._plots.setFixedHeight(round(min(max(share * self.height(), PLOTS_LOWEST), highest)))

    def _widen_study(self, wide: bool) -> None:
        for widget in self._beside_studies:
            widget.setVisible(not wide)
        self._share_height()

    # ---- composition ------------------------------------------------------------------------------------------------

    def _compose(self) -> None:
        middle = _stack(
            ViewChips(self.actions_by_name),
            self.plane,
            self.scrubber,
            stretched=self.plane,
        )
        upper = _row(self.left, hairline(vertical=True), middle, hairline(vertical=True), self.right, stretched=middle)
        plots = (self.loss, self.evaluations, self.studies)
        self._beside_studies = (self.loss, hairline(vertical=True), self.evaluations, hairline(vertical=True))
        self._plots = _row(*self._beside_studies, self.studies, stretched=plots)
        self.studies.widened.connect(self._widen_study)
        bars = (self.toolbar, _line(), upper, _line(), self._plots, _line(), self.status)
        self._body = _stack(*bars, stretched=upper)
        self.setCentralWidget(self._body)

    def _make_menus(self) -> None:
        bar = self.menuBar()
        chrome.dress(bar)
        for name in MENUS:
            menu = bar.addMenu(name)
            chrome.dress(menu)
            for command in self.actions_by_name.commands_of(name):
                if command.apart:
                    menu.addSeparator()
                menu.addAction(self.actions_by_name[command.name])
                if command.name == "open":
                    menu.addMenu(RecentMenu(self._desk.document, menu))
                    menu.addMenu(ReadyMenu(self.actions_by_name, menu))

    def _name(self) -> None:
        self.setWindowTitle(f"{self._desk.document.title} – nodeviz")

    def _take_size(self) -> None:
        taste = self._desk.preferences.current
        self.setMinimumSize(960, 600)
        size = QSize(taste.width, taste.height)
        # Magnified, what had room before may have none.
        self.resize(size.boundedTo(self.screen().availableSize()) if taste.magnification > 1.0 else size)
        if taste.maximised:
            self.setWindowState(Qt.WindowState.WindowMaximized)


def _line() -> QWidget:
    line = hairline()
    chrome.dress(line)
    return line


def _stack(*widgets: QWidget, stretched: QWidget) -> QWidget:
    """Widgets below one another without gaps."""
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is stretched else 0)
    return place


def _row(*widgets: QWidget, stretched: QWidget | tuple[QWidget, ...]) -> QWidget:
    """Widgets side by side without gaps."""
    wide = stretched if isinstance(stretched, tuple) else (stretched,)
    place = QWidget()
    layout = QHBoxLayout(place)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget in wide else 0)
        if widget.objectName() == "hairline":
            chrome.dress(widget)
    return place
