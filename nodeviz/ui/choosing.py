"""The commands that choose: the task, the data, a ready-made experiment."""

from __future__ import annotations

from pathlib import Path

from nodeviz.assets_path import ready_made
from nodeviz.datasets.declared import title_of
from nodeviz.ui.alternatives import KINDS, Kind, sentence_of
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

MENU = "Ready-made"
"""Of the ready-made experiments; the menu itself is below File."""


def _choice(section: str, kind: Kind, title: str) -> Command:
    def run(place: Workplace) -> None:
        place.desk.alternatives.choose(section, kind)

    def offered(place: Workplace) -> bool:
        return place.desk.alternatives.offer(section, kind).experiment is not None

    return Command(f"{section} {kind.__name__}", title, "", run, help=sentence_of(kind), enabled=offered)


def _example(name: str, path: Path) -> Command:
    def run(place: Workplace) -> None:
        place.desk.document.open(path)

    return Command(f"ready-made {name}", f"Ready-made: {name}", MENU, run, help="Open a ready-made experiment.")


COMMANDS = (
    *(_choice("task", kind, f"Task: {kind.title}") for kind in KINDS["task"]),
    *(_choice("dataset", kind, f"Data: {title_of(kind)}") for kind in KINDS["dataset"]),
    *(_choice("field", kind, f"Field: {kind.title}") for kind in KINDS["field"]),
    *(_example(name, path) for name, path in ready_made().items()),
)
