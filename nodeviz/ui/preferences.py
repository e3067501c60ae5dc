"""What the window remembers of its user's taste from launch to launch: theme, size, and how large all is drawn."""

from __future__ import annotations

from typing import Annotated

import msgspec

from nodeviz.library.atomic import write_atomically
from nodeviz.library.home import home
from nodeviz.ui.theme import Choice

FILE = "window.json"


class Preferences(msgspec.Struct, frozen=True):
    """Taste, not work: losing it costs nothing."""

    theme: Choice = "system"
    width: int = 1280
    height: int = 800
    maximised: bool = False
    magnification: Annotated[float, msgspec.Meta(ge=1.0, le=3.0)] = 1.0
    """How many times as large as usual everything is drawn."""


class PreferenceKeeper:
    """The preferences in force, read once and written when they change; the defaults unless `remembering`."""

    def __init__(self, *, remembering: bool = True) -> None:
        self._remembering = remembering
        self.current = self.at_start = _read() if remembering else Preferences()

    def change(self, preferences: Preferences) -> None:
        """Keep other preferences. A disk that does not take them is no reason to disturb anyone."""
        if preferences == self.current:
            return
        self.current = preferences
        if not self._remembering:
            return
        try:
            write_atomically(home() / FILE, msgspec.json.encode(preferences))
        except OSError:
            return


def _read() -> Preferences:
    try:
        return msgspec.json.decode((home() / FILE).read_bytes(), type=Preferences)
    except (OSError, msgspec.DecodeError):
        return Preferences()
