"""One question at a time: while one is on its way the newest waits, and replaces the one that waited."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class OneInFlight(Generic[T]):
    """Keeps at most one item sent and unanswered, and at most one waiting."""

    def __init__(self) -> None:
        self.sent: T | None = None
        self.waiting: T | None = None

    @property
    def busy(self) -> bool:
        return self.sent is not None

    def offer(self, item: T) -> None:
        """Let `item` wait, in place of whatever waited."""
        self.waiting = item

    def next(self) -> T | None:
        """What may be sent now, marked as sent; None while one is in flight or nothing waits."""
        return None if self.busy else self.flush()

    def flush(self) -> T | None:
        """What waits, marked as sent although another may be in flight; None when nothing waits."""
        item, self.waiting = self.waiting, None
        if item is not None:
            self.sent = item
        return item

    def answered(self) -> None:
        """The one that was sent has its answer."""
        self.sent = None

    def forget(self) -> None:
        """Nothing is in flight and nothing waits: the other end is gone."""
        self.sent = self.waiting = None
