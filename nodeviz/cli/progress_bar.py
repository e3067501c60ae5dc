"""The line that shows, on a terminal, how far training is."""

from __future__ import annotations

import sys
from math import isfinite
from time import monotonic
from typing import TextIO

WIDTH = 24
DRAWN_EVERY = 0.1
"""Seconds: faster than that nobody reads."""


class ProgressBar:
    """Draws itself over and over on one line of `stream`; silent where that is no terminal."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream is not None and self._stream.isatty()
        self._full, self._empty = ("━", "─") if _writes(self._stream, "━─") else ("#", "-")
        self._began = monotonic()
        self._draw_at = self._began

    def show(self, done: int, loss: float, nfe: int) -> None:
        """Tell that `done` steps are taken, the last with `loss` and `nfe` evaluations."""
        now = monotonic()
        if not self._live or (now < self._draw_at and done < self._total):
            return
        self._draw_at = now + DRAWN_EVERY
        rate = done / max(now - self._began, 1e-9)
        filled = WIDTH * done // self._total
        bar = self._full * filled + self._empty * (WIDTH - filled)
        left = _clock((self._total - done) / rate) if rate else "?"
        shown = f"{loss:.3g}" if isfinite(loss) else "none"
        text = f"{bar} {done}/{self._total}  loss {shown}  NFE {nfe}  {rate:.0f} steps/s  {left} left"
        self._stream.write(f"\r{text}\x1b[K")
        self._stream.flush()

    def clear(self) -> None:
        """Leave an empty line for what is said next."""
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _writes(stream: TextIO, letters: str) -> bool:
    try:
        letters.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
