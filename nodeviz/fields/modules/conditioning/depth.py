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
        waves = torch.cos(self._phases(views, t))
        return [layer_of(torch.tensordot(waves, weight, 1), waves @ bias) for weight, bias in views]

    def pull_back(self, views: Views, t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        phases = self._phases(views, t)
        waves = torch.cos(phases)
        in_waves = torch.zeros_like(waves)
        pieces = []
        for terms, onto in zip(views, pulled, strict=True):
            for each, given in zip(terms, onto[:2], strict=True):
                in_waves.addmv_(each.flatten(1), given.reshape(-1))
                pieces.append(torch.outer(waves, given.reshape(-1)).view(-1))
        return InTimeAndWeights(-torch.dot(in_waves * torch.sin(phases), self._frequencies(views)), torch.cat(pieces))

    def _phases(self, views: Views, t: Tensor | float) -> Tensor:
        """π k t / span, (terms,) or (rows, terms)."""
        frequencies = self._frequencies(views)
        return frequencies * (t.to(frequencies).unsqueeze(-1) if isinstance(t, Tensor) else t)

    def _frequencies(self, views: Views) -> Tensor:
        like = views[0].weight
        return torch.arange(self._terms, dtype=like.dtype, device=like.device) * (pi / self._span)
