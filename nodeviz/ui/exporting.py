"""The commands of export: the model, a script, trajectories, pictures. All are written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMenu

from nodeviz.export import FORMATS, Exported, Format
from nodeviz.library.atomic import write_atomically
from nodeviz.ui import chrome
from nodeviz.ui.announcements import Notice
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace
from nodeviz.ui.plots import picture
from nodeviz.ui.plots.frame import ThemedPlot

COPIED_SCALE = 2.0
SCALES = (1, 2, 4)
PROPER_NAMES = ("Python", "NumPy")
PIXELS = "The phase plane as pixels, so many times its size on the screen."

Write = Callable[[Workplace, Path], None]


def copy_picture(place: Workplace) -> None:
    """Put the phase plane on the clipboard."""
    QGuiApplication.clipboard().setImage(place.window.plane.grab_image(COPIED_SCALE))
    place.desk.announcements.say("The phase plane is on the clipboard.")


def choose_export(place: Workplace) -> None:
    """Show the exports in the palette."""
    place.window.show_palette("export ")


def export_to(place: Workplace, path: Path, write: Write) -> bool:
    """Let `write` make the file at `path`, and say how it went."""
    try:
        write(place, path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        notice = Notice("export", f"{path.name} could not be written: {reason}", "Choose another place or scale.")
        place.desk.announcements.notice(notice)
        return False
    place.desk.announcements.settle("export")
    place.desk.announcements.say(f"Wrote {path.name}.")
    return True


def _write_format(format: Format) -> Write:
    def write(place: Workplace, path: Path) -> None:
        exported = Exported(place.desk.document.model(), place.window.trajectories())
        write_atomically(path, format.encode(exported))

    return write


def _write_png(scale: float) -> Write:
    def write(place: Workplace, path: Path) -> None:
        write_atomically(path, png_bytes(place.window.plane.grab_image(scale)))

    return write


def _write_svg(place: Workplace, path: Path) -> None:
    place.window.plane.write_svg(path)


def png_bytes(image: QImage) -> bytes:
    """`image` as a PNG file's content."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def _lowered(label: str) -> str:
    """`label` as it stands in the middle of a title."""
    first = label.split(" ")[0]
    return label if first in PROPER_NAMES else label[:1].lower() + label[1:]


def show_menu(place: Workplace, plot: ThemedPlot, at: QPoint) -> QMenu:
    """What can be done with the picture of any plot, at a point of the screen."""
    menu = QMenu(place.window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    chrome.dress(menu)
    menu.addAction("Copy picture", lambda: _copy(place, plot))
    menu.addAction("Save picture (PNG)…", lambda: _save(place, plot, ".png", "Save picture (PNG)"))
    menu.addAction("Save picture (SVG)…", lambda: _save(place, plot, ".svg", "Save picture (SVG)"))
    menu.popup(at)
    return menu


def _copy(place: Workplace, plot: ThemedPlot) -> None:
    QGuiApplication.clipboard().setImage(picture.grab_image(plot, COPIED_SCALE))
    place.desk.announcements.say(f"{plot.accessibleName() or 'The phase plane'} is on the clipboard.")


def _save(place: Workplace, plot: ThemedPlot, suffix: str, title: str) -> None:
    name = plot.accessibleName().lower() or "phase plane"
    chosen = _asked(place, title, f"{place.desk.document.title}, {name.replace(':', '')}", suffix)
    if chosen is not None:
        export_to(place, chosen, _write_plot(plot))


def _write_plot(plot: ThemedPlot) -> Write:
    def write(place: Workplace, path: Path) -> None:
        if path.suffix == ".svg":
            picture.write_svg(plot, path)
        else:
            write_atomically(path, png_bytes(picture.grab_image(plot, COPIED_SCALE)))

    return write


def _asked(place: Workplace, title: str, name: str, suffix: str) -> Path | None:
    """Where to write, as a dialog is answered; None when it is not."""
    path = place.desk.document.path
    folder = path.parent if path is not None else Path.home()
    chosen, _ = QFileDialog.getSaveFileName(place.window, title, str(folder / f"{name}{suffix}"), f"*{suffix}")
    return Path(chosen).with_suffix(suffix) if chosen else None


def _command(name: str, title: str, help: str, suffix: str, write: Write) -> Command:
    """A command that asks where, and writes there."""

    def run(place: Workplace) -> None:
        chosen = _asked(place, title, place.desk.document.title, suffix)
        if chosen is not None:
            export_to(place, chosen, write)

    return Command(f"export {name}", title, "File", run, help=help)


COMMANDS: tuple[Command, ...] = (
    Command("export", "Export…", "File", choose_export, ("Ctrl+E",), "Choose among the exports.", apart=True),
    *(
        _command(each.name, f"Export {_lowered(each.label)}", each.sentence, each.suffix, _write_format(each))
        for each in FORMATS
    ),
    *(
        _command(f"png {scale}", f"Export picture (PNG, {scale}×)", PIXELS, ".png", _write_png(scale))
        for scale in SCALES
    ),
    _command("svg", "Export picture (SVG)", "The phase plane as vectors, fit for print.", ".svg", _write_svg),
)
