"""W4: a phase portrait: many starts at many times, without a gradient; on a GPU also of a million starts."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.van_der_pol import fitted

STARTS_A_SIDE, MANY_A_SIDE, TIMES = 64, 1000, 100
EXTENT, DURATION = 2.5, 10.0


def cases(trained: bool) -> tuple[Case, ...]:
    """A square of starts, all in one solve."""
    module, own = fitted(trained)
    ts = torch.linspace(0.0, DURATION, TIMES, dtype=torch.float64)
    return (
        Case("W4", module, square(STARTS_A_SIDE), ts, Accuracy(), own=own),
        Case("W4 1e6", module, square(MANY_A_SIDE), ts, Accuracy(), own=own, for_gpus=True),
    )


def square(side: int) -> Tensor:
    """(side², 2): starts on a grid."""
    places = torch.linspace(-EXTENT, EXTENT, side)
    return torch.cartesian_prod(places, places)


PORTRAITS = Workload(
    "W4",
    "Portraits: 2-64-64-2 tanh, 4096 starts, on a GPU also 1e6, 100 times on [0, 10], no gradient; 1e-5.",
    cases,
)
