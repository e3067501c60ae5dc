"""What is allowed to be resident is as it was after each of these tests, and nothing that one recorded is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from solver.resident import choosing


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = dict(choosing.CHOICE.__dict__)
    yield
    choosing.CHOICE.__dict__.update(before)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def device(request: pytest.FixtureRequest) -> str:
    """Where a solve is resident."""
    name: str = request.param
    return name
