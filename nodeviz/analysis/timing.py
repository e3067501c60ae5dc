"""How long things take beside one another: measured in turns, so that what disturbs the machine disturbs all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from statistics import median
from time import perf_counter
from typing import NamedTuple

SHORTEST = 0.02
"""Seconds. A quicker call is repeated until a round takes as long: the clock's own noise is then nothing."""

Call = Callable[[], object]


class Timing(NamedTuple):
    """Seconds a call took in each of the rounds."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)


def in_turns(
    calls: Mapping[str, Call], rounds: int, settle: Callable[[], None] = lambda: None, shortest: float = SHORTEST
) -> dict[str, Timing]:
    """Time each of the calls `rounds` times, one after the other in each round, and every other round backwards.

    `settle` waits until all that was begun is done, as a GPU's queue has to be before a clock is read. Raises
    `ValueError` without a round.
    """
    if rounds < 1:
        raise ValueError(f"There must be at least 1 round to time; got {rounds}.")
    for call in calls.values():
        call()  # the first one also makes what the later ones find
    repeats = {name: _repeats(seconds(call, 1, settle), shortest) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds):
        names = list(calls) if turn % 2 == 0 else list(calls)[::-1]
        for name in names:
            found[name].append(seconds(calls[name], repeats[name], settle) / repeats[name])
    return {name: Timing(tuple(found[name])) for name in calls}


def seconds(call: Call, repeats: int = 1, settle: Callable[[], None] = lambda: None) -> float:
    """What so many calls take together."""
    settle()
    began = perf_counter()
    for _ in range(repeats):
        call()
    settle()
    return perf_counter() - began


def _repeats(took: float, shortest: float) -> int:
    return max(1, ceil(shortest / max(took, 1e-7)))
