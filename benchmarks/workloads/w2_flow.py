"""W2: a training step of a continuous flow from two moons to a normal distribution, with the exact trace."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, pi
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.modules import Flow
from benchmarks.weights import descend, train_once
from nodeviz.fields import MLPField
from nodeviz.fields.modules.traced_field import TracedField
from solver import solve

SAMPLES, STEPS = 512, 300
TS = torch.tensor([0.0, 1.0], dtype=torch.float64)
OWN = MLPField(width=64, depth=3, activation="tanh", cubed=False, time="concatsquash")
"""θ has the layout of the module's own parameters."""


def negative_log_likelihood(numbers: Any, ys: Any, head: Sequence[Any], data: Sequence[Any]) -> Any:
    """Of the standard normal base at the end of the flow; along it the log-density changes by the last entry."""
    end = ys[-1]
    return (0.5 * (end[:, :2] ** 2).sum(1) + log(2 * pi) + end[:, 2]).mean()


def two_moons(seed: int) -> Tensor:
    """(512, 3): two interleaved half circles with noise 0.08, centred, × 1.6, and a change that is still zero."""
    draw = np.random.default_rng(seed)
    angle, upper = pi * draw.random(SAMPLES), draw.random(SAMPLES) < 0.5
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    points = np.stack([x - 0.5, y - 0.25], 1) + 0.08 * draw.standard_normal((SAMPLES, 2))
    return torch.from_numpy(np.pad(1.6 * points, ((0, 0), (0, 1)))).float()


def train(module: Module) -> None:
    """Adam at 1e-3 for a few hundred minibatches, at a loose tolerance."""
    seeds = iter(range(1, STEPS + 1))

    def loss() -> Tensor:
        ys = solve(module, two_moons(next(seeds)), TS, rtol=1e-3, atol=1e-3).ys
        return negative_log_likelihood(torch, ys, (), ())

    descend(module, loss, STEPS, 1e-3)


def cases(trained: bool) -> tuple[Case, ...]:
    """One minibatch."""
    torch.manual_seed(0)
    module = Flow()
    if trained:
        train_once("w2", module, train)
    theta = torch.nn.utils.parameters_to_vector(module.parameters()).detach().numpy()
    return (
        Case(
            "W2",
            module,
            two_moons(0),
            TS,
            Accuracy(),
            own=TracedField(OWN.module(theta)),
            loss=negative_log_likelihood,
            optimiser="adam",
        ),
    )


FLOW = Workload("W2", "Flow: concatsquash 2-64-64-64-2 tanh, exact trace, 512 samples, Adam; rtol 1e-5.", cases)
