"""The kernel is built once for these tests; without a compiler they are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from solver.native import library


@pytest.fixture(autouse=True)
def _kernel() -> Iterator[None]:
    kernels = library.KERNELS  # for which a test may put another
    allowed = kernels.allowed
    library.allow(True)
    for dtype in (torch.float32, torch.float64):
        if not library.wait(dtype=dtype):
            pytest.skip(library.describe(dtype))
    yield
    kernels.allowed = allowed
