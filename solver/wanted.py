"""What solve() is asked for besides the states at output times."""

from __future__ import annotations

from typing import NamedTuple

from solver.events import Event


class Wanted(NamedTuple):
    """Events to look for, times at which the field jumps, and whether the solution is to be called anywhere."""

    events: tuple[Event, ...] = ()
    jumps: tuple[float, ...] = ()
    dense: bool = False
