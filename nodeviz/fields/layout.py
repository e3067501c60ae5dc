"""How named parameters lie in one flat vector θ."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Slot(NamedTuple):
    """One named parameter inside the flat vector θ."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return prod(self.shape)


Layout = tuple[Slot, ...]


def size_of(layout: Iterable[Slot]) -> int:
    """How many numbers θ has."""
    return sum(slot.size for slot in layout)


def split(layout: Layout, theta: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """θ as its named parts, which are views of it."""
    parts, start = {}, 0
    for slot in layout:
        parts[slot.name] = theta[start : start + slot.size].reshape(slot.shape)
        start += slot.size
    return parts


def join(layout: Layout, parts: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Named parts as θ. Raises `ValueError` naming a part that is missing or has another shape."""
    for slot in layout:
        came = parts.get(slot.name)
        if came is None or came.shape != slot.shape:
            had = "nothing" if came is None else f"shape {came.shape}"
            raise ValueError(f"The weights need {slot.name!r} of shape {slot.shape}; the file has {had}.")
    pieces = [np.asarray(parts[slot.name], np.float32).ravel() for slot in layout]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
