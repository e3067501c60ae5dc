"""Which titles a few typed letters mean, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def score(typed: str, title: str) -> float | None:
    """How well `typed` fits `title`: its letters must come in order. Higher is better, None is not at all.

    Letters that begin a word, and letters in a row, count more; long titles and late beginnings count less.
    """
    typed, title = typed.lower().replace(" ", ""), title.lower()
    total, place, in_a_row = 0.0, 0, False
    for letter in typed:
        found = title.find(letter, place)
        if found < 0:
            return None
        begins = found == 0 or not title[found - 1].isalnum()
        in_a_row = found == place and place > 0
        total += 1.0 + 2.0 * begins + 1.5 * in_a_row - 0.02 * (found - place)
        place = found + 1
    return total - 0.01 * len(title)


def ranked(typed: str, items: Iterable[T], title: Callable[[T], str]) -> list[T]:
    """The items whose titles fit, the best first; all in their own order when nothing is typed."""
    if not typed.strip():
        return list(items)
    scored = [(score(typed, title(item)), place, item) for place, item in enumerate(items)]
    fitting = [(-value, place, item) for value, place, item in scored if value is not None]
    return [item for _, _, item in sorted(fitting, key=lambda entry: entry[:2])]
