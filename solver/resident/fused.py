"""Stages of a small network in one kernel each, where Triton is: else a stage reads and writes what each layer makes.

A million states through 2-64-64-2 are 64 million numbers after each layer. The kernel keeps them in registers, and does
what leads to the stage on the way. Its source has been tried in Triton's interpreter, and on no GPU yet. Therefore what
it finds is held against the field's own evaluation before it is used; where it is not that, or does not compile, the
stages are evaluated as ever.
"""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import DifferentiableField
from solver.methods.euler import EULER
from solver.native.description import NativeField, Network, dense_layers, describes_itself
from solver.resident.stages import StageTensors
from solver.tableau import ButcherTableau

ACTIVATIONS = ("tanh", "softplus", "silu", "relu", "sine")
"""What the kernel bends with, in the order of its codes."""
MOST_ENTRIES, MOST_UNITS, MOST_LAYERS = 16, 64, 4
"""With 128 units, what a block keeps no longer fits its registers."""
MOST_NUMBERS = 2**26
"""Of a state: places in the slopes of 32 stages then are numbers of 32 bits."""
SMALLEST_TILE = 16
"""Products of tiles have at least so many rows and columns."""
BLOCK, WARPS = 64, 4
"""Three such blocks fit a multiprocessor of an H100: 164 registers a thread for 64 units, by the assembler."""
OFF = 1e-4
"""A kernel that is further off than this part of the largest slope is wrong: rounding makes a hundredth of it."""


class FusedNetwork(NamedTuple):
    """A perceptron as the kernel takes it, with its flat weights."""

    theta: Tensor
    dim: int
    width: int
    hidden: int
    timed: bool
    cubed: bool
    activation: int


def fused_network(field: DifferentiableField, y: Tensor) -> FusedNetwork | None:
    """The field as the kernel takes it; None where it is none of those that the kernel knows."""
    described = field.native() if describes_itself(field) else None
    if described is None or described.clocks is not None or described.attend is not None:
        return None
    theta = described.theta.detach()
    like = theta.dtype == y.dtype == torch.float32 and theta.device == y.device and theta.is_contiguous()
    return _of(described, theta) if like and y.numel() <= MOST_NUMBERS else None


def _of(described: NativeField, theta: Tensor) -> FusedNetwork | None:
    network = described.network
    first, *rest = network.layers
    width, timed, code = first.outputs, first.time is not None, network.activation
    sizes = (first.inputs, *[width] * len(rest), first.inputs)
    plain = Network(dense_layers(sizes, timed), code, network.cubed) if rest else None
    small = first.inputs <= MOST_ENTRIES and width <= MOST_UNITS and len(rest) <= MOST_LAYERS
    if network != plain or not small or code not in ACTIVATIONS:
        return None
    return FusedNetwork(theta, first.inputs, width, len(rest), timed, network.cubed, ACTIVATIONS.index(code))


class FusedStages:
    """Makes stages as `EvaluatedStages` does, each by one kernel."""

    def __init__(self, tableau: ButcherTableau, network: FusedNetwork, tensors: StageTensors) -> None:
        self._tensors, self._network, self._kernel = tensors, network, _kernel()
        self._sums = [constant(row or (0.0,), tensors.y) for row in tableau.a]  # a tensor of nothing has no place
        self._moved = torch.empty_like(tensors.y)
        self._rows = tensors.y.numel() // network.dim
        self._tiles = (_filled(network.dim), _filled(network.width))

    def make(self, stage: int, t: Tensor, dt: Tensor) -> Tensor:
        """Write the slope of a stage at time t of a step dt; the state that it was evaluated at."""
        theta, *shape = self._network
        y, slopes = self._tensors.y, self._tensors.slopes
        arguments = (y, slopes, self._moved, theta, self._sums[stage], t, dt, self._rows, stage)
        grid = (-(-self._rows // BLOCK),)
        with torch.cuda.device(y.device) if y.is_cuda else nullcontext():
            self._kernel[grid](*arguments, *shape, *self._tiles, BLOCK, num_warps=WARPS)
        return self._moved


class Trust:
    """Which networks' kernels have been found right on which devices. Each is tried once."""

    def __init__(self) -> None:
        self._found: dict[Hashable, bool] = {}

    def __call__(self, network: FusedNetwork, at: Tensor, t: Tensor, slope: Tensor) -> bool:
        """Whether the kernel finds the slope at a flat state, which is that of the field's own evaluation."""
        key = (at.device, network[1:])
        if key not in self._found:
            if not (there_is_triton() and bool(slope.isfinite().all())):
                return False
            self._found[key] = _finds(network, at, t, slope)
        return self._found[key]


def _finds(network: FusedNetwork, at: Tensor, t: Tensor, slope: Tensor) -> bool:
    tensors = StageTensors(at, torch.zeros_like(at).unsqueeze(0))
    try:
        FusedStages(EULER.tableau, network, tensors).make(0, t, torch.zeros_like(t))
    except Exception:  # it comes from a compiler, whose ways to fail are many
        return False
    off, largest = (tensors.slopes[0] - slope).abs().max(), slope.abs().max()
    return bool(off <= OFF * largest)


trusted = Trust()


def there_is_triton() -> bool:
    return find_spec("triton") is not None


def _kernel() -> Any:
    return import_module("solver.resident.fused_kernel").stage


def _filled(count: int) -> int:
    """Up to a power of two that tiles may have."""
    return max(SMALLEST_TILE, 1 << (count - 1).bit_length())
