"""What a command is: its title, menu, shortcut, what it does, and when it can be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nodeviz.ui.desk import Workplace


def always(workplace: Workplace) -> bool:
    """For commands that can be given at any time."""
    return True


@dataclass(frozen=True)
class Command:
    """Something that can be done, from a menu, by a key, or by its title from the palette."""

    name: str
    title: str
    menu: str
    run: Callable[[Workplace], None]
    shortcuts: tuple[str, ...] = ()
    help: str = ""
    enabled: Callable[[Workplace], bool] = always
    checked: Callable[[Workplace], bool] | None = None
    title_now: Callable[[Workplace], str] | None = None
    offered: Callable[[Workplace], bool] = always
    """Whether there is such a thing at all in the experiment at hand; if not, it is nowhere to be seen."""
    apart: bool = False
    """Whether a line stands above it in its menu."""
