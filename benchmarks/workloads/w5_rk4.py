"""W5: fifty steps of fixed size of the classic fourth-order method, forward alone and with a gradient."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.van_der_pol import fitted, mean_square_end

BATCH, STEPS, DURATION = 512, 50, 2.0


def cases(trained: bool) -> tuple[Case, ...]:
    """Without and with the gradient of the mean square of the end."""
    module, own = fitted(trained)
    y0 = torch.from_numpy(np.random.default_rng(5).standard_normal((BATCH, 2))).float()
    ts = torch.tensor([0.0, DURATION], dtype=torch.float64)
    accuracy = Accuracy(method="rk4", dt=DURATION / STEPS)
    return (
        Case("W5 forward", module, y0, ts, accuracy, own=own),
        Case("W5 gradient", module, y0, ts, accuracy, own=own, loss=mean_square_end),
    )


RK4 = Workload("W5", "RK4: 50 steps on [0, 2], 2-64-64-2 tanh, batch 512, forward and with a gradient.", cases)
