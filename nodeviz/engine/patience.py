"""How many solves may fail before training gives up."""

from __future__ import annotations

PATIENCE = 5
"""Solves that fail in a row before training stops: one may be an unlucky batch, five are the settings."""


class Patience:
    """Counts the solves that failed in a row."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def lost(self) -> bool:
        """Whether as many failed as are borne."""
        return self._failures >= PATIENCE

    def note(self, failed: bool) -> None:
        """Count one solve; one that succeeds makes good for all before."""
        self._failures = self._failures + 1 if failed else 0

    def renew(self) -> None:
        """Forget the failures."""
        self._failures = 0
