"""The layers of a field that stands still."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, layer_of, parts_of


class StillLayers(TimedLayers[tuple[Layer, ...]]):
    """The same at all times."""

    def __init__(self, conditioning: declared.Still) -> None:
        self._layout = conditioning.layout()

    def views(self, theta: Tensor) -> tuple[Layer, ...]:
        parts = parts_of(self._layout, theta)
        return tuple(layer_of(weight, bias) for weight, bias in zip(parts, parts, strict=True))

    def at(self, views: tuple[Layer, ...], t: Tensor | float) -> tuple[Layer, ...]:
        return views

    def pull_back(self, views: tuple[Layer, ...], t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        pieces = [piece for weight, bias, _ in pulled for piece in (weight.reshape(-1), bias)]
        return InTimeAndWeights(None, torch.cat(pieces))
