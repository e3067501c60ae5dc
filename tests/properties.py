"""How a property is tried on drawn examples: always the same few in the quick suite, and many in the slow one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

Property = Callable[..., None]


def tried(quick: int, thorough: int, **drawn: SearchStrategy[Any]) -> Callable[[Property], Callable[[int], None]]:
    """Make a test of a function that fails where a property does not hold of what is drawn for its arguments."""

    def test_of(holds: Property) -> Callable[[int], None]:
        @pytest.mark.parametrize("examples", [quick, pytest.param(thorough, marks=pytest.mark.slow)])
        def test(examples: int) -> None:
            how = settings(
                max_examples=examples,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=[HealthCheck.too_slow],
            )
            given(**drawn)(how(lambda **given: holds(**given)))()

        return test

    return test_of
