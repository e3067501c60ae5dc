"""What studies find: a study of a ready-made experiment, and its last table."""

from __future__ import annotations

from time import process_time

from benchmarks.figures.training import Effort
from benchmarks.proofs.section import Section, section
from nodeviz.analysis.report import Cell, Column, Report
from nodeviz.analysis.studies import study_named
from nodeviz.analysis.study import Subject
from nodeviz.assets_path import ready_made
from nodeviz.experiment import decode

TRIAL = 0.5
"""Seconds that a study gets of a script that is only tried out."""


def contest(title: str, study: str, name: str, effort: Effort) -> Section:
    """The study of that name, of the ready-made experiment at its start. Studies take their own time, or half a second
    of it to try them out.
    """
    experiment = decode(ready_made()[name].read_bytes())
    asked, last, began = study_named(study), Report(), process_time()
    for report in asked.run(Subject(experiment, experiment.initial_parameters())):
        last = report
        if effort.share < 1 and process_time() - began > TRIAL:
            break
    about = f"The study `{study}` of the ready-made experiment `{name}`. {asked.sentence}"
    if last.table is None:
        return section(title, about, ("",), [], last.sentence)
    columns = last.table.columns
    heads = [f"{column.label}, {column.unit}" if column.unit else column.label for column in columns]
    rows = [[_cell(*pair) for pair in zip(row, columns, strict=True)] for row in last.table.rows]
    return section(title, about, heads, rows, last.sentence)


def _cell(cell: Cell, column: Column) -> str:
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else f"{cell:.{column.digits}g}"
