"""StudyView: whatever a study has found, as a chart, a table and a sentence."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study
from nodeviz.ui import chrome, theme
from nodeviz.ui.panels.caption import Caption
from nodeviz.ui.panels.report_table import ReportTable
from nodeviz.ui.plots.report_chart import ReportChart

WIDE = 620
"""Pixels from which on chart and table have room beside one another; in less, one of them is shown."""

TABLE_SHARE = 0.62
"""Of the width, that the table may take at most beside a chart."""


class StudyView(QWidget):
    """Chart and table side by side, or the one of them that is asked for; below them the sentence."""

    rearranged = Signal()

    def __init__(self, study: Study) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)  # no style sheet: there is a plot in it
        self.study = study
        self.setAccessibleName(study.label)
        self._report = Report()
        self._prefers_table = False
        self.chart, self.table = ReportChart(), ReportTable()
        self.chart.setAccessibleName(f"{study.label}: chart")
        self.chart.setToolTip(study.sentence)
        self.sentence = Caption()
        parts = QHBoxLayout()
        parts.setSpacing(theme.SPACE)
        parts.addWidget(self.chart, 1)
        parts.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(parts, 1)
        column.addWidget(self.sentence)
        chrome.dress(self.table)
        chrome.dress(self.sentence)
        self._arrange()

    @property
    def has_both(self) -> bool:
        """Whether there is a chart and a table, and room for one of them only."""
        return self._report.chart is not None and self._report.table is not None and self.width() < WIDE

    def show_report(self, report: Report) -> None:
        """Show what the study has found so far."""
        self._report = report
        self.chart.show_chart(report.chart)
        self.table.show_table(report.table)
        self.sentence.say(report.sentence)
        self._arrange()

    def set_stale(self, stale: bool) -> None:
        """Dim while it is about an experiment that is no more."""
        self.sentence.setEnabled(not stale)
        self.table.setEnabled(not stale)

    def prefer_table(self, preferred: bool) -> None:
        """Which of both is shown where there is no room for both."""
        self._prefers_table = preferred
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        chart, table = self._report.chart is not None, self._report.table is not None
        if self.has_both:
            chart, table = not self._prefers_table, self._prefers_table
        self.chart.say("" if chart else self.study.sentence)
        self.sentence.setVisible(bool(self._report.sentence))
        self.chart.setVisible(chart or not table)
        self.table.setVisible(table)
        alone = self.width() - 2 * theme.SPACE
        self.table.setFixedWidth(max(40, min(self.table.natural_width, round(TABLE_SHARE * alone) if chart else alone)))
        self.rearranged.emit()
