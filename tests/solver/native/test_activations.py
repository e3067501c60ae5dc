"""The kernel's own tanh and the others: their accuracy, their derivatives, and what becomes of NaN and infinity."""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from solver.native.description import ACTIVATIONS
from solver.native.library import KERNELS
from tests.solver.native.networks import BENDS

MOST_ULPS = {
    "tanh": (2, 6, 10, 20),
    "softplus": (3, 3, 3, 3),
    "elu": (2, 2, 2, 2),
    "relu": (0, 0, 0, 0),
    "sine": (2, 2, 2, 2),
    "gelu": (5, 60, 600, 6000),
}
"""Of the value and its first three derivatives, in units in the last place of the larger of the result and 1."""


class Bent(NamedTuple):
    value: Tensor
    slope: Tensor
    curvature: Tensor
    third: Tensor


def bent(activation: str, z: Tensor) -> Bent:
    """By the kernel; z is of a length that vectors divide."""
    found = Bent(*(torch.empty_like(z) for _ in range(4)))
    addresses = [tensor.data_ptr() for tensor in (z, *found)]
    KERNELS.loaded[z.dtype].nodeviz_probe(ACTIVATIONS.index(activation), z.numel(), *addresses)
    return found


def exact(activation: str, z: Tensor) -> Bent:
    z = z.double().requires_grad_()
    value = _gelu(z) if activation == "gelu" else BENDS[activation](z)
    found = [value]
    while len(found) < 4:
        known = found[-1].requires_grad
        found += torch.autograd.grad(found[-1].sum(), z, create_graph=True) if known else [torch.zeros_like(z)]
    return Bent(*(each.detach() for each in found))


def _gelu(z: Tensor) -> Tensor:
    """In plain operations: of torch's own, the third derivative is NaN far out."""
    return 0.5 * z * (1 + torch.tanh(sqrt(2 / pi) * z * (1 + 0.044715 * z * z)))


def samples(dtype: torch.dtype) -> Tensor:
    """From the smallest to the largest that a network sees, of both signs."""
    small = torch.logspace(-12, 0, 4096, dtype=torch.float64)
    return torch.cat(
        [torch.linspace(-90, 90, 2**16).double(), torch.linspace(-9, 9, 2**16).double(), small, -small]
    ).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_and_their_derivatives_are_accurate(activation: str, dtype: torch.dtype) -> None:
    z = samples(dtype)
    for found, wanted, most in zip(
        bent(activation, z), exact(activation, z), MOST_ULPS.get(activation, (3, 9, 9, 9)), strict=True
    ):
        error = (found.double() - wanted).abs() / wanted.abs().clamp_min(1.0)
        assert float(error.max()) <= most * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tanh_is_accurate_relative_to_itself_to_about_an_ulp(dtype: torch.dtype) -> None:
    z = samples(dtype)
    error = (bent("tanh", z).value.double() / exact("tanh", z).value - 1).abs().nan_to_num()
    assert float(error.max()) <= 2 * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_and_infinity_come_out_as_in_torch(activation: str, dtype: torch.dtype) -> None:
    special = torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e30, -1e30, 1e-30] * 2, dtype=dtype)
    found, wanted = bent(activation, special).value, BENDS[activation](special)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-30, equal_nan=True)
