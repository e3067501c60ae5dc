"""Which files were opened or saved last, newest first."""

from __future__ import annotations

import json
from pathlib import Path

from nodeviz.library.atomic import write_atomically
from nodeviz.library.home import home

LONGEST = 10


def recent_files() -> tuple[Path, ...]:
    """The files that still exist. A list that cannot be read counts as empty: it is only a convenience."""
    try:
        names = json.loads(_list().read_bytes())
    except (OSError, ValueError):
        return ()
    if not isinstance(names, list):
        return ()
    paths = (Path(name) for name in names if isinstance(name, str))
    return tuple(path for path in paths if path.is_file())[:LONGEST]


def remember(path: Path) -> None:
    """Put `path` first in the list. Raises `OSError`."""
    path = path.resolve()
    others = [known for known in recent_files() if known != path]
    names = [str(name) for name in (path, *others)][:LONGEST]
    write_atomically(_list(), json.dumps(names, indent=2).encode())


def _list() -> Path:
    return home() / "recent.json"
