"""The commands of export: the model, a script, trajectories, pictures. All are written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog

from nodeviz.export import FORMATS, Exported, Format
from nodeviz.library.atomic import write_atomically
from nodeviz.ui.announcements import Notice
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

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


def _command(name: str, title: str, help: str, suffix: str, write: Write) -> Command:
    """A command that asks where, and writes there."""

    def run(place: Workplace) -> None:
        document = place.desk.document
        folder = document.path.parent if document.path is not None else Path.home()
        suggestion = str(folder / f"{document.title}{suffix}")
        chosen, _ = QFileDialog.getSaveFileName(place.window, title, suggestion, f"*{suffix}")
        if chosen:
            export_to(place, Path(chosen).with_suffix(suffix), write)

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
