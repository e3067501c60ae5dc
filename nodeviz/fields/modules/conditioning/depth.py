"""The layers whose weights are sums of cosines of time."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, layer_of, parts_of


class Terms(NamedTuple):
    """One layer's weights (terms, out, in) and biases (terms, out)."""

    weight: Tensor
    bias: Tensor


Views = tuple[Terms, ...]


class DepthVaryingLayers(TimedLayers[Views]):
    """Weights Σ_k θ_k cos(π k t / span)."""

    shares_weights = False

    def __init__(self, conditioning: declared.DepthVarying) -> None:
        self._layout = conditioning.layout()
        self._terms, self._span = conditioning.terms, conditioning.span

    def views(self, theta: Tensor) -> Views:
        parts = parts_of(self._layout, theta)
        return tuple(Terms(weight, bias) for weight, bias in zip(parts, parts, strict=True))

    def at(self, views: Views, t: Tensor | float) -> list[Layer]:
        like = views[0].weight
        orders = torch.arange(self._terms, dtype=like.dtype, device=like.device)
        time = torch.as_tensor(t, dtype=like.dtype, device=like.device)
        waves = torch.cos(pi / self._span * time.unsqueeze(-1) * orders)
        return [layer_of(torch.tensordot(waves, weight, 1), waves @ bias) for weight, bias in views]

    def pull_back(
        self, theta: Tensor, views: Views, t: Tensor | float, pulled: Sequence[OntoLayer]
    ) -> InTimeAndWeights:
        return self.pull_back_by_autograd(theta, t, pulled)
