"""How a long record is kept whole and drawn fast: every value, and above them a pyramid of minima and maxima."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BRANCHES = 8  # values of one level that make one of the next; the pyramid costs 2/7 of the values' own memory

Values = NDArray[np.float64]


class Envelope(NamedTuple):
    """What a record looks like from afar: in the middle `at` of each bin, the least and the greatest value."""

    at: Values
    low: Values
    high: Values


class Growing:
    """A float64 array that grows at its end in amortised constant time."""

    def __init__(self) -> None:
        self._room = np.empty(1024)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> Values:
        """What is there, a view that the next growth may leave behind."""
        return self._room[: self._count]

    def resize(self, count: int) -> None:
        """Make it `count` long. What is new is not set."""
        if count > len(self._room):
            room = np.empty(max(count, 2 * len(self._room)))
            room[: self._count] = self.values
            self._room = room
        self._count = count


class History:
    """One value a step, for consecutive steps from `first` on. What was never recorded is NaN."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything; the next append says where the record begins."""
        self.first = 0
        self._values = Growing()
        self._levels: list[tuple[Growing, Growing]] = []

    def __len__(self) -> int:
        return len(self._values)

    @property
    def values(self) -> Values:
        """Every value, in order."""
        return self._values.values

    @property
    def end(self) -> int:
        """The step after the last one recorded."""
        return self.first + len(self)

    def append(self, first: int, values: Values) -> None:
        """Record `values` for the steps from `first` on.

        A gap is filled with NaN. Steps that were recorded already are taken again, and what came after them is
        forgotten: training went back.
        """
        if len(values) == 0:
            return
        if len(self) == 0 or first < self.first:
            self.clear()
            self.first = first
        start = first - self.first
        known = min(start, len(self))
        self._values.resize(start + len(values))
        self._values.values[known:start] = np.nan
        self._values.values[start:] = values
        self._raise_pyramid(known)

    def envelope(self, begin: float, end: float, bins: int) -> Envelope:
        """The record between two steps in at most about `bins` bins, each with its exact extremes, NaN left out.

        Bins begin at fixed multiples of a power of two, so that a picture of a growing record does not flicker.
        """
        start = int(np.clip(np.floor(begin) - self.first, 0, len(self)))
        stop = int(np.clip(np.floor(end) + 1 - self.first, start, len(self)))
        size = 1
        while (stop - start) > size * bins:
            size *= 2
        start -= start % size
        low, high = self._extremes(start, min(-(-stop // size) * size, len(self)), size)
        begins = start + size * np.arange(len(low))
        ends = np.minimum(begins + size, len(self)) - 1
        return Envelope(self.first + (begins + ends) / 2, low, high)

    def _raise_pyramid(self, changed: int) -> None:
        """Bring every level up to date from value number `changed` on."""
        below_low = below_high = self._values
        level = 0
        while len(below_low) > BRANCHES:
            if level == len(self._levels):
                self._levels.append((Growing(), Growing()))
                changed = 0
            low, high = self._levels[level]
            changed //= BRANCHES
            blocks = -(-len(below_low) // BRANCHES)
            for row, below, extreme in ((low, below_low, np.fmin), (high, below_high, np.fmax)):
                row.resize(blocks)
                row.values[changed:] = _reduced(extreme, below.values[changed * BRANCHES :], BRANCHES)
            below_low, below_high = low, high
            level += 1
        del self._levels[level:]

    def _extremes(self, start: int, stop: int, size: int) -> tuple[Values, Values]:
        """Minima and maxima of the values from `start` to `stop` in bins of `size`, a power of two."""
        low = high = self._values
        block = 1
        for level in self._levels:
            if block * BRANCHES > size:
                break
            low, high = level
            block *= BRANCHES
        part = slice(start // block, -(-stop // block))
        share = size // block
        return _reduced(np.fmin, low.values[part], share), _reduced(np.fmax, high.values[part], share)


class Smoothed:
    """A history and its exponential mean, which forgets with every step all but `memory` of what it was."""

    def __init__(self, memory: float = 0.97) -> None:
        self.raw, self.mean = History(), History()
        self._memory = memory

    def clear(self) -> None:
        self.raw.clear()
        self.mean.clear()

    def append(self, first: int, values: Values) -> None:
        """Record `values` for the steps from `first` on, as `History.append` does."""
        known = first - 1 - self.mean.first
        before = float(self.mean.values[known]) if 0 <= known < len(self.mean) else float("nan")
        self.raw.append(first, values)
        self.mean.append(first, exponential_mean(values, before, self._memory))


def exponential_mean(values: Values, before: float, memory: float) -> Values:
    """The running mean of `values`, going on from `before` (NaN: begin anew). At a NaN it stands still."""
    finite = np.isfinite(values)
    if np.isnan(before):
        if not finite.any():
            return np.full(len(values), np.nan)
        before = float(values[np.argmax(finite)])
    means = np.empty(len(values))
    length = max(1, int(-16.0 / np.log(memory)))  # e^16 leaves nine digits of a double; longer powers would not
    for start in range(0, len(values), length):
        part = np.where(finite[start : start + length], values[start : start + length], 0.0)
        taken = np.cumsum(finite[start : start + length])
        powers = memory**taken
        gained = np.where(finite[start : start + length], (1 - memory) * part / powers, 0.0)
        means[start : start + length] = powers * (before + np.cumsum(gained))
        before = float(means[start + len(part) - 1])
    return means


def _reduced(extreme: np.ufunc, values: Values, size: int) -> Values:
    """`extreme` of every `size` values in a row; the last few may be fewer."""
    if size == 1 or len(values) == 0:
        return np.asarray(values)
    return np.asarray(extreme.reduceat(values, np.arange(0, len(values), size)))
