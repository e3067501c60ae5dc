"""Where nodeviz keeps what it remembers between launches: $NODEVIZ_HOME, or the system's place for a user's data."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The folder, made when it is not there. Raises `OSError`."""
    chosen = os.environ.get("NODEVIZ_HOME")
    folder = Path(chosen).expanduser() if chosen else user_data_path("nodeviz", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
