"""How a long record is kept in little memory and drawn fast: the newest values, and a pyramid of minima and maxima."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BRANCHES = 8  # values of one level that make one of the next
NEWEST = 2**15
"""Values that are kept one by one. Steps before these are known by the extremes of ever larger blocks."""
BLOCKS = 2**13
"""Blocks that each level of the pyramid keeps: hours of training take a megabyte, and no screen is as wide."""

Values = NDArray[np.floating]


class Envelope(NamedTuple):
    """What a record looks like from afar: in the middle `at` of each bin, the least and the greatest value."""

    at: Values
    low: Values
    high: Values


class Growing:
    """A float32 array that grows at its end in amortised constant time, and whose oldest entries may be let go.

    Entries are counted from the first there ever was.
    """

    def __init__(self) -> None:
        self._room = np.empty(1024, np.float32)
        self._count = 0
        self.gone = 0
        """Entries let go."""

    @property
    def end(self) -> int:
        """The number after the last entry's."""
        return self.gone + self._count

    @property
    def values(self) -> Values:
        """What is kept, a view that the next growth may leave behind."""
        return self._room[: self._count]

    def since(self, start: int) -> Values:
        """The entries from number `start` on; NaN for those let go."""
        if start >= self.gone:
            return self.values[start - self.gone :]
        return np.concatenate([np.full(self.gone - start, np.nan, np.float32), self.values])

    def put(self, start: int, values: Values) -> None:
        """Let `values` be the entries from number `start` on, and the last; between the end and `start` is NaN."""
        if start < self.gone:  # nothing that is kept comes before it
            self._count, self.gone = 0, start
        known, place = min(self._count, start - self.gone), start - self.gone
        count = place + len(values)
        if count > len(self._room):
            room = np.empty(max(count, 2 * len(self._room)), np.float32)
            room[:known] = self._room[:known]
            self._room = room
        self._room[known:place] = np.nan
        self._room[place:count] = values
        self._count = count

    def let_go(self, most: int) -> None:
        """Keep `most` entries, or a few more, once there are twice as many; `gone` is a multiple of BRANCHES."""
        if self._count <= 2 * most:
            return
        old = (self.end - most) // BRANCHES * BRANCHES - self.gone
        kept = self.values[old:].copy()
        self._room = np.empty(2 * most + BRANCHES, np.float32)
        self._room[: len(kept)] = kept
        self._count, self.gone = len(kept), self.gone + old


class History:
    """One value a step, for consecutive steps from `first` on, in single precision. What was never recorded is NaN.

    Of the newest steps every value is kept; the further back, the larger the blocks of which the extremes are. One that
    is not `drawn` has no extremes.
    """

    def __init__(self, *, drawn: bool = True) -> None:
        self._drawn = drawn
        self.clear()

    def clear(self) -> None:
        """Forget everything; the next append says where the record begins."""
        self.first = 0
        self._values = Growing()
        self._levels: list[tuple[Growing, Growing]] = []

    def __len__(self) -> int:
        """How many steps were recorded."""
        return self._values.end

    @property
    def values(self) -> Values:
        """The newest values, in order: those that are kept one by one."""
        return self._values.values

    @property
    def end(self) -> int:
        """The step after the last one recorded."""
        return self.first + len(self)

    def at(self, step: int) -> float:
        """The value of `step`; NaN when it was not recorded or is not kept by itself any more."""
        place = step - self.first - self._values.gone
        return float(self.values[place]) if 0 <= place < len(self.values) else float("nan")

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
        changed = min(start, len(self))
        self._values.put(start, values)
        self._raise_pyramid(changed)

    def envelope(self, begin: float, end: float, bins: int) -> Envelope:
        """The record between two steps in at most about `bins` bins, each with its exact extremes, NaN left out.

        Bins begin at fixed multiples of a power of two, so that a picture of a growing record does not flicker. They
        are larger, and fewer, where the steps are only known in larger blocks.
        """
        start = int(np.clip(np.floor(begin) - self.first, 0, len(self)))
        stop = int(np.clip(np.floor(end) + 1 - self.first, start, len(self)))
        size = 1
        while (stop - start) > size * bins or (start < stop and self._level_of(size).gone > start - start % size):
            size *= 2
        start -= start % size
        low, high = self._extremes(start, min(-(-stop // size) * size, len(self)), size)
        begins = start + size * np.arange(len(low))
        ends = np.minimum(begins + size, len(self)) - 1
        return Envelope(self.first + (begins + ends) / 2, low, high)

    def _raise_pyramid(self, changed: int) -> None:
        """Bring every level up to date from value number `changed` on, then let go of what is old."""
        below_low = below_high = self._values
        level = 0
        while self._drawn and below_low.end > BRANCHES:
            if level == len(self._levels):
                self._levels.append((Growing(), Growing()))
                changed = 0
            low, high = self._levels[level]
            changed //= BRANCHES
            for row, below, extreme in ((low, below_low, np.fmin), (high, below_high, np.fmax)):
                row.put(changed, _reduced(extreme, below.since(changed * BRANCHES), BRANCHES))
            below_low, below_high = low, high
            level += 1
        del self._levels[level:]
        self._values.let_go(NEWEST)
        for low, high in self._levels:
            low.let_go(BLOCKS)
            high.let_go(BLOCKS)

    def _level_of(self, size: int) -> _Level:
        """What bins of `size`, a power of two, are made from: the coarsest level that is no coarser."""
        low = high = self._values
        block = 1
        for level in self._levels:
            if block * BRANCHES > size:
                break
            low, high = level
            block *= BRANCHES
        return _Level(low, high, block)

    def _extremes(self, start: int, stop: int, size: int) -> tuple[Values, Values]:
        """Minima and maxima of the values from `start` to `stop` in bins of `size`, a power of two."""
        low, high, block = self._level_of(size)
        part = slice(start // block - low.gone, -(-stop // block) - low.gone)
        share = size // block
        return _reduced(np.fmin, low.values[part], share), _reduced(np.fmax, high.values[part], share)


class _Level(NamedTuple):
    """The extremes of blocks of so many steps."""

    low: Growing
    high: Growing
    block: int

    @property
    def gone(self) -> int:
        """Steps at the beginning that it no longer knows."""
        return self.low.gone * self.block


class Smoothed:
    """A history and its exponential mean, which forgets with every step all but `memory` of what it was."""

    def __init__(self, memory: float = 0.97) -> None:
        self.raw, self.mean = History(), History()
        self._share = History(drawn=False)
        self._memory = memory

    def clear(self) -> None:
        for record in (self.raw, self.mean, self._share):
            record.clear()

    def append(self, first: int, values: Values) -> None:
        """Record `values` for the steps from `first` on, as `History.append` does."""
        before, share = self.mean.at(first - 1), self._share.at(first - 1)
        means, shares = exponential_mean(values, before, share, self._memory)
        self.raw.append(first, values)
        self.mean.append(first, means)
        self._share.append(first, shares)


class Means(NamedTuple):
    """Running means, and of each how much of all weight its values have: 1 − memory^n of n values."""

    means: Values
    shares: Values


def exponential_mean(values: Values, before: float, share: float, memory: float) -> Means:
    """The running mean of `values`, going on from `before` of that `share` (NaN: begin anew). At a NaN it stands still.

    It is divided by the share, or the first value would count for all that came before it (Kingma and Ba, Adam, 2015,
    section 3).
    """
    finite = np.isfinite(values)
    gathered, missing = (0.0, 1.0) if np.isnan(before) else (share * before, 1.0 - share)
    sums, misses = np.empty(len(values)), np.empty(len(values))
    length = max(1, int(-16.0 / np.log(memory)))  # e^16 leaves nine digits of a double; longer powers would not
    for start in range(0, len(values), length):
        part = slice(start, start + length)
        powers = memory ** np.cumsum(finite[part])
        gained = np.where(finite[part], (1 - memory) * values[part] / powers, 0.0)
        sums[part] = powers * (gathered + np.cumsum(gained))
        misses[part] = powers * missing
        gathered, missing = float(sums[part][-1]), float(misses[part][-1])
    shares = 1.0 - misses
    return Means(np.divide(sums, shares, out=np.full(len(values), np.nan), where=shares > 0), shares)


def _reduced(extreme: np.ufunc, values: Values, size: int) -> Values:
    """`extreme` of every `size` values in a row; the last few may be fewer."""
    if size == 1 or len(values) == 0:
        return np.asarray(values)
    return np.asarray(extreme.reduceat(values, np.arange(0, len(values), size)))
