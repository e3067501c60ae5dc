"""StudyTabs: the trade-off, and beside it every study that suits the experiment, one at a time."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QToolButton, QVBoxLayout, QWidget

from nodeviz.analysis.studies import STUDIES
from nodeviz.analysis.study import Study
from nodeviz.experiment import Experiment
from nodeviz.ui import chrome, icons, theme
from nodeviz.ui.panels.study_view import StudyView
from nodeviz.ui.theme import Theme


class StudyTabs(QWidget):
    """`looked` says which study is in view, or none; a study that does not suit has no tab.

    What shows a study is made when it is first looked at: the window is shown the sooner.
    """

    looked = Signal(object)
    widened = Signal(bool)
    """Whether the whole lower part of the window is asked for."""
    menuAsked = Signal(object, QPoint)
    """Of a study's chart, at a point of the screen."""

    def __init__(self, first: QWidget, title: str) -> None:
        super().__init__()
        self._first = first
        self.views: dict[str, StudyView] = {}
        """Of the studies that were looked at, by name."""
        self.bar = QTabBar()
        self.bar.setObjectName("tabs")
        self.bar.setAccessibleName("Studies")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setFont(theme.caption_font())
        self.bar.setUsesScrollButtons(True)
        self.bar.setElideMode(Qt.TextElideMode.ElideNone)
        self.bar.addTab(title)
        self.bar.setTabToolTip(0, first.toolTip())
        self.pages = QStackedWidget()
        self.pages.addWidget(first)
        for study in STUDIES:
            place = self.bar.addTab(study.label)
            self.bar.setTabToolTip(place, study.sentence)
        self.other = _button("Show the table in place of the chart.")
        self.wide = _button("Give this the whole lower part of the window.")
        self._compose()
        self.bar.currentChanged.connect(self._on_tab)
        self.other.toggled.connect(self._prefer_table)
        self.wide.toggled.connect(self.widened)
        theme.changed.connect(self._paint_icons)
        self._paint_icons(theme.current())

    @property
    def study(self) -> Study | None:
        """The one in view; None for the trade-off."""
        place = self.bar.currentIndex()
        return None if place <= 0 else STUDIES[place - 1]

    @property
    def front(self) -> QWidget:
        """What takes the keyboard: the plot in view, or the chart of the study."""
        study = self.study
        return self._first if study is None else self.view_of(study).chart

    def view_of(self, study: Study) -> StudyView:
        """What shows `study`."""
        if study.name not in self.views:
            self.views[study.name] = view = StudyView(study)
            self.pages.addWidget(view)
            view.prefer_table(self.other.isChecked())
            view.rearranged.connect(self.refresh)
            view.chart.menuAsked.connect(lambda at: self.menuAsked.emit(view.chart, at))
        return self.views[study.name]

    def suit(self, experiment: Experiment) -> None:
        """Have a tab for what suits `experiment`, and for nothing else."""
        for place, study in enumerate(STUDIES, start=1):
            self.bar.setTabVisible(place, not study.unsuited(experiment))
        suited = any(self.bar.isTabVisible(place) for place in range(1, self.bar.count()))
        self._line.setVisible(suited)
        if not suited:
            self.wide.setChecked(False)

    def refresh(self) -> None:
        """Offer the switch between chart and table where there is one to make."""
        view = self.pages.currentWidget()
        self.other.setVisible(isinstance(view, StudyView) and view.has_both)

    def choose(self, name: str) -> None:
        """Bring the study of that name into view."""
        self.bar.setCurrentIndex(1 + [study.name for study in STUDIES].index(name))

    def _compose(self) -> None:
        self._line = QWidget()
        self._line.setObjectName("panel")
        line = QHBoxLayout(self._line)
        line.setContentsMargins(theme.SPACE_SMALL, 2, theme.SPACE, 0)
        line.setSpacing(theme.SPACE_SMALL)
        line.addWidget(self.bar, 1)
        line.addWidget(self.other)
        line.addWidget(self.wide)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._line)
        column.addWidget(self.pages, 1)
        chrome.dress(self._line)
        self.other.hide()

    def _on_tab(self, place: int) -> None:
        study = self.study
        self.pages.setCurrentWidget(self._first if study is None else self.view_of(study))
        self.refresh()
        self.looked.emit(self.study)

    def _prefer_table(self, preferred: bool) -> None:
        for view in self.views.values():
            view.prefer_table(preferred)

    def _paint_icons(self, colours: Theme) -> None:
        self.other.setIcon(icons.icon("table", colours.text))
        self.wide.setIcon(icons.icon("widen", colours.text))


def _button(help: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setObjectName("plain")
    button.setToolTip(help)
    button.setAccessibleName(help)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
