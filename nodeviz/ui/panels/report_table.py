"""A study's table: numerals of one width, units below the headings, the best of a column pointed out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableWidget, QTableWidgetItem, QWidget

from nodeviz.analysis.report import Table
from nodeviz.ui import chrome, theme
from nodeviz.ui.report_text import best_rows, cell_texts, markdown, tsv
from nodeviz.ui.theme import Theme

ROW_HEIGHT = 22


class ReportTable(QTableWidget):
    """Nothing in it can be edited; its context menu copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: Table | None = None
        self.setObjectName("report")
        self.setAccessibleName("Table of the study")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setFont(theme.caption_font())
        theme.changed.connect(self._follow_theme)

    @property
    def natural_width(self) -> int:
        """What all columns need."""
        return self.horizontalHeader().length() + theme.SPACE_LARGE

    @property
    def table(self) -> Table | None:
        """What is shown."""
        return self._table

    def show_table(self, table: Table | None) -> None:
        """Show `table` in place of what was shown."""
        if table == self._table:
            return
        self._table = table
        self.setRowCount(0 if table is None else len(table.rows))
        self.setColumnCount(0 if table is None else len(table.columns))
        if table is not None:
            for place in range(len(table.columns)):
                self._fill(table, place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._table is None:
            return
        table, clipboard = self._table, QGuiApplication.clipboard()
        menu = QMenu(self)
        chrome.dress(menu)
        menu.addAction("Copy for a spreadsheet (TSV)", lambda: clipboard.setText(tsv(table)))
        menu.addAction("Copy for a document (Markdown)", lambda: clipboard.setText(markdown(table)))
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _fill(self, table: Table, place: int) -> None:
        column, best = table.columns[place], best_rows(table, place)
        side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
        header = QTableWidgetItem(f"{column.label}\n{column.unit}" if column.unit else column.label)
        header.setTextAlignment(side | Qt.AlignmentFlag.AlignBottom)
        header.setToolTip(column.sentence)
        self.setHorizontalHeaderItem(place, header)
        for row, text in enumerate(cell_texts(table, place)):
            item = QTableWidgetItem(text)
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(_font(emphasised=row in best))
            item.setForeground(QColor(theme.current().orange if row in best else theme.current().text))
            item.setToolTip(column.sentence)
            self.setItem(row, place, item)

    def _follow_theme(self, colours: Theme) -> None:
        table, self._table = self._table, None
        self.show_table(table)


def _font(*, emphasised: bool) -> QFont:
    font = theme.caption_font()
    if emphasised:
        font.setWeight(QFont.Weight.DemiBold)
    return font
