"""The energy of a dataset in torch: its own, or minus the logarithm of a density that numpy knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.datasets import Dataset
from nodeviz.datasets.declared import EnergyDataset, PointDataset, title_of

LogDensity = Callable[[NDArray[np.float64]], NDArray[np.float64] | None]
APART = 1e-4
"""Of central differences in float64: where scales are near 1, they are right to about eight digits."""


def energy_of(dataset: Dataset) -> Callable[[Tensor], Tensor]:
    """ys (batch, 2) -> U (batch,), differentiable once."""
    if isinstance(dataset, EnergyDataset):
        return lambda ys: dataset.energy(ys, torch)
    if isinstance(dataset, PointDataset):
        return lambda ys: -_LogDensity.apply(ys, dataset.log_density)
    raise ValueError(f"{title_of(type(dataset))} has no density. Choose an energy, or points whose density is known.")


class _LogDensity(torch.autograd.Function):
    """A density's logarithm by numpy, and its slope by central differences."""

    @staticmethod
    def forward(ctx: Any, ys: Tensor, log_density: LogDensity) -> Tensor:
        points = ys.detach().cpu().double().numpy()
        ctx.points, ctx.log_density, ctx.like = points, log_density, ys
        return torch.from_numpy(_known(log_density, points)).to(ys)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, None]:
        slopes = [
            (_known(ctx.log_density, ctx.points + step) - _known(ctx.log_density, ctx.points - step)) / (2 * APART)
            for step in APART * np.eye(2)
        ]
        return torch.from_numpy(np.stack(slopes, -1)).to(ctx.like) * cotangent.unsqueeze(-1), None


def _known(log_density: LogDensity, points: NDArray[np.float64]) -> NDArray[np.float64]:
    found = log_density(points)
    if found is None:
        raise ValueError("The density of these data is not known. Choose the objective likelihood.")
    return found
