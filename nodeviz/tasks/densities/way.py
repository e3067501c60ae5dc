"""What a training step integrates beside the points, and what that costs in the loss."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule
from nodeviz.tasks.densities.accompanied import estimated, exactly, probe_of, regularised
from nodeviz.tasks.densities.flow import Accompanied, Flowed


class Way(NamedTuple):
    """`divergence` is exact, gaussian or rademacher; the weights are of Finlay et al. (2020), 0 for none."""

    divergence: str
    kinetic: float
    jacobian: float

    def accompanied(self, module: FlatModule, generator: np.random.Generator, ys: Tensor) -> Accompanied:
        """The field with all that is asked for. A probe for each of ys (batch, 2) stays the same during the solve."""
        probe = None
        if self.divergence != "exact":
            probe = probe_of(self.divergence, ys.shape, int(generator.integers(2**31)), ys)
        if self.kinetic or self.jacobian:
            return regularised(module, probe)
        return exactly(module) if probe is None else estimated(module, probe)

    def cost(self, flowed: Flowed) -> Tensor:
        """The weighted mean of kinetic energy and of the Jacobian's squared norm."""
        if not flowed.spent.shape[1]:
            return flowed.spent.new_zeros(())
        return flowed.spent.mean(0) @ torch.tensor([self.kinetic, self.jacobian]).to(flowed.spent)
