"""Rules that turn a gradient into a step of θ, each a few operations on one flat vector.

torch.optim walks lists of parameters with foreach kernels and takes about 100 µs where one flat vector needs 13; the
formulas and their constants are torch.optim's, and the tests hold the two side by side.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Optimiser(ABC):
    """A rule and what it remembers between steps. Rates come with every step, so that an edit acts on the next one."""

    name: str
    remembers: tuple[str, ...] = ()

    def __init__(self, theta: Tensor) -> None:
        self.count = 0
        self.memory = {part: torch.zeros_like(theta) for part in self.remembers}

    @abstractmethod
    def step(self, theta: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        """Move `theta` in place against `gradient`, which it may overwrite. Both are flat, without a graph."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, under names that belong to this rule alone."""
        parts = {f"{self.name}.{part}": tensor.cpu().numpy().copy() for part, tensor in self.memory.items()}
        return {f"{self.name}.count": np.array(self.count, np.int64), **parts}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Remember `state` again. A state of another rule, or none, leaves a fresh memory.

        Raises `ValueError` when a part has another length than θ or is no number.
        """
        if f"{self.name}.count" not in state:
            return
        count = state[f"{self.name}.count"]
        if count.shape or count.dtype.kind not in "iu" or count < 0:
            raise ValueError(
                f"The optimiser state needs {self.name}.count to be one whole number of steps; the checkpoint has "
                f"shape {count.shape} of {count.dtype}. Use a checkpoint that was not edited."
            )
        for part, tensor in self.memory.items():
            came = state.get(f"{self.name}.{part}")
            if came is None or came.shape != tuple(tensor.shape) or came.dtype.kind != "f":
                had = "nothing" if came is None else f"shape {came.shape} of {came.dtype}"
                raise ValueError(
                    f"The optimiser state needs {self.name}.{part} of shape {tuple(tensor.shape)}; the checkpoint has "
                    f"{had}. Use a checkpoint of this field."
                )
            tensor.copy_(torch.from_numpy(np.array(came)))
        self.count = int(count)


class Adam(Optimiser):
    """Step by the gradient's running mean over the root of its running square (Kingma and Ba, 2015, algorithm 1)."""

    name = "adam"
    remembers = ("mean", "square")
    mean_decay, square_decay, epsilon = 0.9, 0.999, 1e-8

    def step(self, theta: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        """One step; weight decay is added to the gradient."""
        if weight_decay:
            gradient = gradient.add_(theta, alpha=weight_decay)
        self._descend(theta, gradient, rate)

    def _descend(self, theta: Tensor, gradient: Tensor, rate: float) -> None:
        self.count += 1
        mean, square = self.memory["mean"], self.memory["square"]
        mean.lerp_(gradient, 1 - self.mean_decay)
        square.mul_(self.square_decay).addcmul_(gradient, gradient, value=1 - self.square_decay)
        mean_bias = 1 - self.mean_decay**self.count
        square_bias = 1 - self.square_decay**self.count
        root = square.sqrt().div_(sqrt(square_bias)).add_(self.epsilon)
        theta.addcdiv_(mean, root, value=-rate / mean_bias)


class AdamW(Adam):
    """Adam whose weight decay shrinks θ itself, apart from the gradient (Loshchilov and Hutter, 2019)."""

    name = "adamw"

    def step(self, theta: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        """One step; weight decay shrinks θ before it."""
        if weight_decay:
            theta.mul_(1 - rate * weight_decay)
        self._descend(theta, gradient, rate)


class RMSprop(Optimiser):
    """Step by the gradient over the root of its running square (Hinton, lecture 6e, 2012)."""

    name = "rmsprop"
    remembers = ("square",)
    square_decay, epsilon = 0.99, 1e-8

    def step(self, theta: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        """One step; weight decay is added to the gradient."""
        self.count += 1
        if weight_decay:
            gradient = gradient.add_(theta, alpha=weight_decay)
        square = self.memory["square"]
        square.mul_(self.square_decay).addcmul_(gradient, gradient, value=1 - self.square_decay)
        theta.addcdiv_(gradient, square.sqrt().add_(self.epsilon), value=-rate)


class SGD(Optimiser):
    """Step by the gradient as it is."""

    name = "sgd"

    def step(self, theta: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        """One step; weight decay is added to the gradient."""
        self.count += 1
        if weight_decay:
            gradient = gradient.add_(theta, alpha=weight_decay)
        theta.add_(gradient, alpha=-rate)


OPTIMISERS: tuple[type[Optimiser], ...] = (Adam, AdamW, RMSprop, SGD)
_BY_NAME = {rule.name: rule for rule in OPTIMISERS}


def optimiser_named(name: str, theta: Tensor) -> Optimiser:
    """A fresh optimiser of the rule called `name`."""
    return _BY_NAME[name](theta)
