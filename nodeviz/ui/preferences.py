"""What the window remembers of its user's taste from launch to launch: the theme and the window's size."""

from __future__ import annotations

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


class PreferenceKeeper:
    """The preferences in force, read once and written when they change; the defaults unless `remembering`."""

    def __init__(self, *, remembering: bool = True) -> None:
        self._remembering = remembering
        self.current = _read() if remembering else Preferences()

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
