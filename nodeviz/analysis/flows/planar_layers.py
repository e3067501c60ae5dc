"""A planar normalizing flow: the baseline of a continuous one in the Neural ODE paper."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Mapped(NamedTuple):
    """Where points were mapped to, (batch, 2), and log |det| of the map's Jacobian, (batch,)."""

    ys: Tensor
    log_det: Tensor


def planar_flow(theta: Tensor, ys: Tensor) -> Mapped:
    """ys (batch, 2) through layers y -> y + u tanh(w·y + b), with every five numbers of theta one layer's (u, w, b).

    Rezende & Mohamed (2015), section 4.1, and appendix A.1 for the u that keeps every layer invertible.
    """
    layers = theta.view(-1, 5)
    log_det = ys.new_zeros(len(ys))
    for u, w, b in zip(_invertible(layers[:, :2], layers[:, 2:4]), layers[:, 2:4], layers[:, 4], strict=True):
        bent = torch.tanh(ys @ w + b)
        ys = ys + bent.unsqueeze(1) * u
        log_det = log_det + torch.log1p((1 - bent * bent) * (u @ w))
    return Mapped(ys, log_det)


def drawn_planar_flow(layers: int, seed: int) -> Tensor:
    """Weights (5 layers,) to start from: short ways in random directions."""
    drawn = torch.from_numpy(np.random.default_rng(seed).standard_normal((layers, 5)).astype(np.float32))
    drawn[:, :2] *= 0.1
    return drawn.flatten()


def _invertible(u: Tensor, w: Tensor) -> Tensor:
    """u (layers, 2) moved along w so that w·u > -1."""
    along = (u * w).sum(1, keepdim=True)
    wanted = torch.nn.functional.softplus(along) - 1
    return u + (wanted - along) * w / w.square().sum(1, keepdim=True)
