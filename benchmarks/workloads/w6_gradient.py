"""W6: how good a gradient is, and what it costs, at four tolerances."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.van_der_pol import fitted, mean_square_end

BATCH, DURATION = 256, 4.0
TOLERANCES = ("1e-3", "1e-4", "1e-5", "1e-6")


def cases(trained: bool) -> tuple[Case, ...]:
    """The gradient of the mean square of the end, rtol = atol."""
    module, own = fitted(trained)
    y0 = torch.from_numpy(np.random.default_rng(6).standard_normal((BATCH, 2))).float()
    ts = torch.tensor([0.0, DURATION], dtype=torch.float64)
    return tuple(
        Case(f"W6 {tol}", module, y0, ts, Accuracy(rtol=float(tol), atol=float(tol)), own=own, loss=mean_square_end)
        for tol in TOLERANCES
    )


GRADIENT = Workload("W6", "Gradient: 2-64-64-2 tanh, 256 starts, T = 4, mean-square end; 1e-3 to 1e-6.", cases)
