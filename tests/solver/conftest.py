"""Which of the tests over every method and gradient mode are quick: those of one of each kind; the others are slow."""

from __future__ import annotations

import pytest

from solver.methods import METHODS

REPRESENTATIVES = frozenset({"euler", "rk4", "ab2", "abm4", "dopri5", "dop853", "trapezoidal", "leapfrog", "alf"})
NAMES = {method.name for method in METHODS}
VARIANTS = frozenset({"backsolve_full", "gauss"})
"""Gradient modes that share nearly all of their code with `backsolve` and `interpolated`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what runs over a method or a gradient mode that another one stands for."""
    for item in items:
        called = getattr(item, "callspec", None)
        if called is not None and any(_is_stood_for(value) for value in called.params.values()):
            item.add_marker(pytest.mark.slow)


def _is_stood_for(value: object) -> bool:
    name = value if isinstance(value, str) else getattr(value, "name", None)
    return name in VARIANTS or (name in NAMES and name not in REPRESENTATIVES)
