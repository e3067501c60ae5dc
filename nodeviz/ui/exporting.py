"""The commands of export: the model, a script, pictures, trajectories. All are written whole or not at all."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

PICTURE_SCALE = 2.0


def copy_picture(place: Workplace) -> None:
    """Put the phase plane on the clipboard."""
    QGuiApplication.clipboard().setImage(place.window.plane.grab_image(PICTURE_SCALE))
    place.desk.announcements.say("The phase plane is on the clipboard.")


def choose_export(place: Workplace) -> None:
    """Show the exports in the palette."""
    place.window.show_palette("export ")


COMMANDS: tuple[Command, ...] = (
    Command("export", "Export…", "File", choose_export, ("Ctrl+E",), "Choose among the exports."),
)
