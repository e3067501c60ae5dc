"""The commands of files: new, open, save. The file dialogs are the only dialogs there are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from nodeviz.experiment import Experiment
from nodeviz.library.model_file import SUFFIX
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

MODELS = f"nodeviz models (*{SUFFIX})"
OPENED = f"nodeviz models and experiments (*{SUFFIX} *.json)"


def new(place: Workplace) -> None:
    """The default experiment from step 0."""
    place.desk.document.begin(Experiment())


def open_file(place: Workplace) -> None:
    """Ask for a file and open it."""
    name, _ = QFileDialog.getOpenFileName(place.window, "Open", folder_of(place), OPENED)
    if name:
        place.desk.document.open(Path(name))


def save(place: Workplace) -> None:
    """Save where it was saved before; ask when it was nowhere."""
    path = place.desk.document.path
    if path is None:
        save_as(place)
    else:
        place.desk.document.save(path)


def save_as(place: Workplace) -> None:
    """Ask where, and save there."""
    suggestion = str(Path(folder_of(place)) / f"{place.desk.document.title}{SUFFIX}")
    name, _ = QFileDialog.getSaveFileName(place.window, "Save as", suggestion, MODELS)
    if name:
        place.desk.document.save(Path(name).with_suffix(SUFFIX))


def quit_window(place: Workplace) -> None:
    """Close the window; the session is kept."""
    place.window.close()


def folder_of(place: Workplace) -> str:
    """Where a file dialog opens: beside the document, else at home."""
    path = place.desk.document.path
    return str(path.parent if path is not None else Path.home())


COMMANDS = (
    Command("new", "New", "File", new, ("Ctrl+N",), "The default experiment, from step 0."),
    Command("open", "Open…", "File", open_file, ("Ctrl+O",), "Open a model or an experiment."),
    Command("save", "Save", "File", save, ("Ctrl+S",), "Save the model: experiment and weights.", apart=True),
    Command("save as", "Save as…", "File", save_as, ("Ctrl+Shift+S",), "Save the model in another file."),
)

QUIT = Command("quit", "Quit", "File", quit_window, ("Ctrl+Q",), "Close the window; the session is kept.", apart=True)
