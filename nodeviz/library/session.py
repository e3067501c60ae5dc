"""How the session outlives the window: saved as a model file while one works, restored at the next launch."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nodeviz.library.home import home
from nodeviz.library.model_file import SUFFIX, Model, load_model, save_model


class Restored(NamedTuple):
    """What the last session left: its model, or None with a sentence for the user (empty when there was none)."""

    model: Model | None
    message: str = ""


def session_path() -> Path:
    """The file that holds the session. Raises `OSError`."""
    return home() / f"session{SUFFIX}"


def save_session(model: Model) -> None:
    """Keep `model` for the next launch. Raises `OSError`."""
    save_model(session_path(), model)


def restore_session() -> Restored:
    """The session as it was last saved. A file that cannot be read is set aside, never deleted or written over."""
    try:
        path = session_path()
        if not path.exists():
            return Restored(None)
        return Restored(load_model(path))
    except OSError as error:
        return Restored(None, f"The last session could not be opened: {error.strerror} ({error.filename}).")
    except ValueError as error:
        return Restored(None, _set_aside(path, error))


def _set_aside(path: Path, error: ValueError) -> str:
    kept = _free_name(path)
    try:
        path.rename(kept)
    except OSError:
        return f"The last session could not be read, and stays at {path}. {error}"
    return f"The last session could not be read; it was set aside as {kept}. {error}"


def _free_name(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    return kept
