"""W4: a phase portrait: many starts at many times, without a gradient."""

from __future__ import annotations

import torch

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.van_der_pol import fitted

STARTS_A_SIDE, TIMES = 64, 100
EXTENT, DURATION = 2.5, 10.0


def cases(trained: bool) -> tuple[Case, ...]:
    """A square of starts, all in one solve."""
    module, own = fitted(trained)
    side = torch.linspace(-EXTENT, EXTENT, STARTS_A_SIDE)
    ts = torch.linspace(0.0, DURATION, TIMES, dtype=torch.float64)
    return (Case("W4", module, torch.cartesian_prod(side, side), ts, Accuracy(), own=own),)


PORTRAITS = Workload("W4", "Portraits: 2-64-64-2 tanh, 4096 starts, 100 times on [0, 10], no gradient; 1e-5.", cases)
