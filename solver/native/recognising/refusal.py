"""Why a field is not recognised: an exception whose sentence a person can read."""

from __future__ import annotations


class NotUnderstoodError(Exception):
    """The first thing in a field that the kernel's side does not understand. The field is solved in torch."""
