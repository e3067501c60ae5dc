"""A residual network with as many parameters as a field: blocks h + f(h), each with weights of its own."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.analysis.classifiers.classifier import Classifier, Evaluations, Told
from nodeviz.tasks.classify import SHARPNESS
from nodeviz.tasks.read_out import ReadOut

STREAM = 6
"""Weights, batches, noise, points, read-out and baselines each draw from a stream of their own of the same seed."""


class Shape(NamedTuple):
    """The hidden width of each block, the dimensions of the state, and the rows of the read-out."""

    widths: tuple[int, ...]
    dim: int
    rows: int

    @property
    def parts(self) -> list[tuple[int, ...]]:
        """The shapes in θ: of each block inner weights, biases, outer weights and shifts; then the read-out's two."""
        blocks = [
            part for width in self.widths for part in ((width, self.dim), (width,), (self.dim, width), (self.dim,))
        ]
        return [*blocks, (self.rows, self.dim), (self.rows,)]


def widths_for(parameters: int, dim: int, blocks: int) -> tuple[int, ...]:
    """How wide each block has to be for all of them to have about so many parameters.

    A block of width w has w (2 dim + 1) + dim. Widths differ by one at most; of a small budget there are fewer blocks.
    """
    while blocks > 1 and parameters < blocks * (3 * dim + 1):
        blocks -= 1
    units = max(blocks, round((parameters - blocks * dim) / (2 * dim + 1)))
    return tuple(units // blocks + (k < units % blocks) for k in range(blocks))


def drawn_resnet(name: str, shape: Shape, seed: int) -> ResNet:
    """With weights of `seed`: small on the way out of a block, so that it starts near the identity, as flows do."""
    draw = np.random.default_rng([seed, STREAM])
    *blocks, weight, bias = shape.parts
    sizes = {0: 1 / sqrt(shape.dim), 1: 0.0, 2: 0.1, 3: 0.0}
    parts = [sizes[place % 4] * draw.standard_normal(part) for place, part in enumerate(blocks)]
    parts += [SHARPNESS * draw.standard_normal(weight) / sqrt(shape.dim), np.zeros(bias)]
    return ResNet(name, shape, torch.from_numpy(np.concatenate([part.ravel() for part in parts])).float())


class ResNet(Classifier):
    """h + outer · tanh(inner · h + bias) + shift, block after block from the lifted points, and a read-out."""

    def __init__(self, name: str, shape: Shape, theta: Tensor) -> None:
        self.name = name
        self._shape = shape
        self._leaf = theta.clone().requires_grad_()
        self.theta = self._leaf.detach()

    def tell(self, ys: Tensor) -> Told:
        """From where the blocks take points ys (n, 2)."""
        sizes = [int(np.prod(part)) for part in self._shape.parts]
        pieces = zip(self._leaf.split(sizes), self._shape.parts, strict=True)
        *body, weight, bias = (piece.view(part) for piece, part in pieces)
        states = torch.nn.functional.pad(ys, (0, self._shape.dim - 2))
        for first in range(0, len(body), 4):
            inner, offset, outer, shift = body[first : first + 4]
            hidden = torch.tanh(torch.addmm(offset, states, inner.t()))
            states = states + torch.addmm(shift, hidden, outer.t())
        blocks = len(self._shape.widths)
        return Told(ReadOut(weight, bias).logits(states), lambda: Evaluations(blocks, 0))

    def gradient(self, loss: Tensor) -> Tensor:
        """Of a loss of what it told, in theta."""
        return torch.autograd.grad(loss, self._leaf)[0]

    def having(self, theta: Tensor) -> ResNet:
        """Another one with a copy of `theta`."""
        return ResNet(self.name, self._shape, theta)
