"""A question that is answered piece by piece in the background, and begins anew when what it is about changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar


class Stamp(NamedTuple):
    """What an answer is about."""

    run: int
    revision: int
    step: int


class Piece(Protocol):
    """A piece of an answer."""

    @property
    def done(self) -> bool:
        """Whether it is the last."""
        ...


class Superseded(Exception):  # noqa: N818  an interruption, no error
    """The work under way answers an old question."""


Ask = TypeVar("Ask")
Answer = TypeVar("Answer", bound=Piece)


class Background(Generic[Ask, Answer]):
    """Holds the newest question of a kind and the answer under way, with the `stamp` of what that is about."""

    def __init__(self) -> None:
        self.ask: Ask | None = None
        self.stamp = Stamp(0, 0, 0)
        self._pieces: Iterator[Answer] | None = None

    def take(self, ask: Ask | None) -> None:
        """A newer question replaces the one that is being answered; None ends it."""
        self.ask, self._pieces = ask, None

    def begin_anew(self) -> None:
        """What the question is about has changed: its answer begins again."""
        self._pieces = None

    def next(self, begin: Callable[[], Iterator[Answer]], stamp: Stamp) -> Answer | None:
        """The next piece of an answer that `begin` begins and `stamp` stamps; None when it was superseded."""
        try:
            if self._pieces is None:
                self._pieces, self.stamp = begin(), stamp
            piece = next(self._pieces)
        except Superseded:
            return None
        except Exception:
            self.take(None)
            raise
        if piece.done:
            self.take(None)
        return piece

    def attentive(self, attend: Callable[[], None]) -> Callable[[], None]:
        """`attend`, after which work for an old question is abandoned."""

        def attend_and_check() -> None:
            under_way = self._pieces
            attend()
            if self._pieces is not under_way:
                raise Superseded

        return attend_and_check
