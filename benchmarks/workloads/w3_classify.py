"""W3: a training step of a classifier of two noisy spirals, lifted from 2 to 4 dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import Module

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.modules import Perceptron
from benchmarks.weights import descend, train_once
from nodeviz.fields import MLPField
from solver import solve

POINTS, STEPS, RATE = 1024, 300, 1e-3
FLIPPED = 0.05
TS = torch.tensor([0.0, 1.0], dtype=torch.float64)
OWN = MLPField(width=64, depth=2, activation="tanh", cubed=False, augmented=2)
"""θ has the layout of the module's own parameters."""


class Labelled(NamedTuple):
    """Points (n, 4), whose last two entries are zero, and signs (n,): +1 for the one spiral, -1 for the other."""

    points: Tensor
    signs: Tensor


def cross_entropy(numbers: Any, ys: Any, head: Sequence[Any], data: Sequence[Any]) -> Any:
    """Of two classes from two logits: the logarithm of 1 + exp(the wrong one - the right one)."""
    weight, bias = head
    logits = ys[-1] @ weight.T + bias
    ahead = data[0] * (logits[:, 0] - logits[:, 1])
    return numbers.logaddexp(-ahead, 0.0 * ahead).mean()


def two_spirals(seed: int) -> Labelled:
    """Two spirals around one another with noise; five in a hundred labels are wrong."""
    draw = np.random.default_rng(seed)
    sign = np.where(np.arange(POINTS) % 2 == 0, 1.0, -1.0)
    way = np.sqrt(draw.random(POINTS))
    angle = 3 * pi * way
    points = 2 * (sign * way * np.stack([np.cos(angle), np.sin(angle)])).T + 0.05 * draw.standard_normal((POINTS, 2))
    signs = np.where(draw.random(POINTS) < FLIPPED, -sign, sign)
    lifted = np.pad(points, ((0, 0), (0, 2)))
    return Labelled(torch.from_numpy(lifted).float(), torch.from_numpy(signs).float())


class Classifier(Module):
    """The field and the linear read-out of its end state."""

    def __init__(self) -> None:
        super().__init__()
        self.field = Perceptron((4, 64, 64, 4))
        self.read_out = nn.Linear(4, 2)


def train(module: Module) -> None:
    """Adam on fresh points in every step, at the tolerance that is measured."""
    if not isinstance(module, Classifier):
        raise ValueError(f"A Classifier is trained here; got {type(module).__name__}.")
    field, read_out, seeds = module.field, module.read_out, iter(range(1, STEPS + 1))

    def loss() -> Tensor:
        points, signs = two_spirals(next(seeds))
        ys = solve(field, points, TS, rtol=1e-3, atol=1e-3).ys
        return cross_entropy(torch, ys, list(read_out.parameters()), (signs,))

    descend(module, loss, STEPS, RATE)


def cases(trained: bool) -> tuple[Case, ...]:
    """One minibatch."""
    torch.manual_seed(0)
    module = Classifier()
    if trained:
        train_once("w3", module, train)
    points, signs = two_spirals(0)
    theta = torch.nn.utils.parameters_to_vector(module.field.parameters()).detach().numpy()
    accuracy = Accuracy(rtol=1e-3, atol=1e-3)
    return (
        Case(
            "W3",
            module.field,
            points,
            TS,
            accuracy,
            own=OWN.module(theta),
            loss=cross_entropy,
            data=(signs,),
            head=module.read_out,
            optimiser="adam",
        ),
    )


CLASSIFY = Workload("W3", "Classify: 4-64-64-4 tanh, 1024 points of two spirals, Adam; rtol 1e-3.", cases)
