"""What was recorded of a field's solves, kept for the next ones like them for as long as the field lives."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

MOST_KEPT = 8
"""Of so many kinds of solves of one field something is kept: of those that were made last."""

Recorded = TypeVar("Recorded")


class Mark(Enum):
    """What is known of a solve of which there is no recording."""

    seen = 0
    hopeless = 1


class Shelf(Generic[Recorded]):
    """Recordings by field and by what they hold for. What is lent is off the shelf, so that nobody else gets it.

    A recording must not hold on to the field.
    """

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[object, OrderedDict[Hashable, Recorded | Mark]] = WeakKeyDictionary()

    @contextmanager
    def lent(self, field: object, key: Hashable, record: Callable[[], Recorded | None]) -> Iterator[Recorded | None]:
        """The recording, which is made when it is asked for the second time; None where there is none (yet).

        A solve may come only once: the first time, nothing is done but to remember it. One that could not be recorded
        is not tried again, and one that raised is forgotten.
        """
        try:
            known = self._of.setdefault(field, OrderedDict())
        except TypeError:  # it is no object that can be known again
            yield None
            return
        found = known.pop(key, None)
        if found is Mark.seen:
            found = record() or Mark.hopeless
        yield None if isinstance(found, Mark) else found
        known[key] = Mark.seen if found is None else found
        while len(known) > MOST_KEPT:
            known.popitem(last=False)
