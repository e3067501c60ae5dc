"""How large everything is drawn: commands that choose it, for a projector or a screen of very many pixels."""

from __future__ import annotations

import os

import msgspec

from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace
from nodeviz.ui.preferences import Preferences

SIZES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
"""Times the usual size. Qt scales everything alike, letters, spaces and plots, but only from its start on."""
VARIABLE = "QT_SCALE_FACTOR"


def magnify(preferences: Preferences) -> None:
    """Have Qt draw everything as large as preferred. To be called before there is an application."""
    if preferences.magnification != 1.0:
        os.environ[VARIABLE] = f"{preferences.magnification * _asked_for():g}"


def _asked_for() -> float:
    """How large the environment wants everything already."""
    try:
        return float(os.environ.get(VARIABLE, "1"))
    except ValueError:
        return 1.0


def _fits(place: Workplace, size: float) -> bool:
    """Whether the smallest window has room on its screen at `size`."""
    window = place.window
    room = window.screen().availableSize() * (place.desk.preferences.at_start.magnification / size)
    return room.width() >= window.minimumWidth() and room.height() >= window.minimumHeight()


def _choose(place: Workplace, size: float) -> None:
    say, kept = place.desk.announcements.say, place.desk.preferences
    if size > 1.0 and not _fits(place, size):
        say(f"At {size:.0%} the window would not fit on this screen.")
        return
    kept.change(msgspec.structs.replace(kept.current, magnification=size))
    now = size == kept.at_start.magnification
    say(f"Everything is drawn at {size:.0%}{'.' if now else ' from the next start on; the session is kept.'}")


def _larger(place: Workplace) -> None:
    now = place.desk.preferences.current.magnification
    _choose(place, next((size for size in SIZES if size > now), now))


def _smaller(place: Workplace) -> None:
    now = place.desk.preferences.current.magnification
    _choose(place, next((size for size in reversed(SIZES) if size < now), now))


MAGNIFYING = (
    Command(
        "larger",
        "Larger letters and plots",
        "View",
        _larger,
        ("Ctrl+=", "Ctrl++"),
        "Draw everything larger from the next start on, as for a projector.",
        apart=True,
    ),
    Command(
        "smaller",
        "Smaller letters and plots",
        "View",
        _smaller,
        ("Ctrl+-",),
        "Draw everything smaller from the next start on.",
    ),
    Command(
        "usual size",
        "Usual size",
        "View",
        lambda place: _choose(place, 1.0),
        ("Ctrl+0",),
        "Draw everything at its usual size from the next start on.",
    ),
)
