"""The answer that both libraries come near to."""

from __future__ import annotations

import pytest
import torchdiffeq as theirs
from torch import Tensor

from tests.solver.torchdiffeq.side_by_side import solved


@pytest.fixture(scope="session")
def truth() -> list[Tensor]:
    """The states, and their gradients to y0, t and the parameters."""
    found, _ = solved(theirs, True, method="dopri5", rtol=1e-12, atol=1e-13)
    return found
