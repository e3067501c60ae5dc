"""The layers where time is one more feature of the first: which is a bias that moves with t."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, has_rows, layer_of, parts_of


class ConcatViews(NamedTuple):
    """The layers at t = 0, and the column of the first one, (out,), that multiplies t."""

    layers: tuple[Layer, ...]
    of_time: Tensor


class ConcatLayers(TimedLayers[ConcatViews]):
    """Only the first one changes in time."""

    def __init__(self, conditioning: declared.Concat) -> None:
        self._layout = conditioning.layout()

    def views(self, theta: Tensor) -> ConcatViews:
        parts = parts_of(self._layout, theta)
        first, *rest = (layer_of(weight, bias) for weight, bias in zip(parts, parts, strict=True))
        return ConcatViews((layer_of(first.weight[:, :-1], first.bias), *rest), first.weight[:, -1])

    def at(self, views: ConcatViews, t: Tensor | float) -> tuple[Layer, ...]:
        first, *rest = views.layers
        if has_rows(t):
            bias = torch.addr(first.bias, t, views.of_time)  # type: ignore[arg-type]
        elif isinstance(t, Tensor):
            bias = first.bias + t * views.of_time
        else:
            bias = torch.add(first.bias, views.of_time, alpha=t)
        return (layer_of(first.weight, bias), *rest)

    def pull_back(self, views: ConcatViews, t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        first, *rest = pulled
        in_bias = first.bias
        if isinstance(t, Tensor) and t.dim():
            in_t, in_of_time = torch.mv(in_bias, views.of_time), torch.mv(in_bias.t(), t)
            in_bias = in_bias.sum(0)
        else:
            in_t, in_of_time = torch.dot(in_bias, views.of_time), t * in_bias
        pieces = [torch.cat((first.weight, in_of_time.unsqueeze(1)), 1).view(-1), in_bias]
        pieces += [piece for weight, bias, _ in rest for piece in (weight.reshape(-1), bias)]
        return InTimeAndWeights(in_t, torch.cat(pieces))
