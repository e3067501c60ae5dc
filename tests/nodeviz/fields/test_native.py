"""The declared networks in the solver's kernel: the same trajectories and gradients as in torch."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor

from nodeviz.fields.gradient import GradientField
from nodeviz.fields.linear import LinearField
from nodeviz.fields.mlp import MLPField
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.fields.modules.mlp import MLPModule
from nodeviz.fields.modules.traced_field import TracedField
from nodeviz.tasks.windows import Delayed
from solver import native, solve
from solver.native.library import KERNELS

TS = torch.tensor([0.0, 0.4, 1.0], dtype=torch.float64)
KNOWN = [
    MLPField(width=20),
    MLPField(width=9, depth=3, activation="gelu", cubed=False, augmented=2),
    MLPField(width=20, time="concat", cubed=False),
    MLPField(width=20, depth=2, time="concatsquash", cubed=False, activation="softplus"),
    LinearField(),
    GradientField(width=20),
    GradientField(width=9, depth=3, activation="softplus", augmented=2),
]
MADE_FROM_TIME = [
    MLPField(width=20, time="depth", cubed=False),
    MLPField(width=9, depth=2, time="depth", terms=3, span=0.3, activation="gelu", augmented=1, cubed=False),
    MLPField(width=20, time="hypernetwork", hyper_width=11, cubed=False),
    MLPField(width=9, depth=3, time="hypernetwork", activation="softplus", augmented=2),
]
KNOWN += MADE_FROM_TIME


@pytest.fixture(autouse=True)
def _kernel() -> Iterator[None]:
    allowed = KERNELS.allowed
    native.allow(True)
    if not native.wait(dtype=torch.float64):
        pytest.skip(native.describe(torch.float64))
    yield
    native.allow(allowed)


def module_of(field: MLPField | LinearField | GradientField) -> FlatModule:
    size = sum(slot.size for slot in field.layout())
    theta = 0.4 * np.random.default_rng(3).standard_normal(size)
    return field.module(theta.astype(np.float32)).double()


def gradients(field: torch.nn.Module, theta: Tensor, dim: int, allowed: bool) -> tuple[Tensor, ...]:
    native.allow(allowed)
    y0 = torch.linspace(-1, 1, 11 * dim, dtype=torch.float64).view(11, dim).requires_grad_()
    ys = solve(field, y0, TS, rtol=1e-8, atol=1e-9).ys
    assert (type(ys.grad_fn).__name__ == "_SolveBackward") == allowed
    return ys, *torch.autograd.grad(ys.square().sum(), (y0, theta))


def assert_same(field: torch.nn.Module, theta: Tensor, dim: int) -> None:
    ways = [gradients(field, theta, dim, allowed) for allowed in (True, False)]
    for ours, theirs in zip(*ways, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("field", KNOWN, ids=str)
def test_networks_are_solved_by_the_kernel_as_by_torch(field: MLPField | LinearField | GradientField) -> None:
    module = module_of(field)
    assert_same(module, module.theta, field.dim)


@pytest.mark.parametrize("field", KNOWN, ids=str)
def test_densities_are_carried_along_by_the_kernel_as_by_torch(field: MLPField | LinearField | GradientField) -> None:
    module = module_of(field)
    assert_same(TracedField(module), module.theta, field.dim + 1)


def test_windows_with_clocks_of_their_own_are_solved_by_the_kernel() -> None:
    module = module_of(KNOWN[2])
    assert_same(Delayed(module, torch.linspace(0.0, 4.0, 11, dtype=torch.float64)), module.theta, 2)


@pytest.mark.parametrize("field", MADE_FROM_TIME[::2], ids=str)
def test_windows_of_fields_whose_weights_are_made_from_time_are_left_to_torch(field: MLPField) -> None:
    late = Delayed(module_of(field), torch.linspace(0.0, 4.0, 3, dtype=torch.float64))
    assert not solve(late, torch.ones(3, 2, dtype=torch.float64), TS).stats.native


def test_a_class_that_evaluates_something_else_is_left_to_torch() -> None:
    class Doubled(MLPModule):
        def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
            return 2 * super().evaluate(t, y)

    field = MLPField(width=4)
    assert Doubled(field, module_of(field).theta.detach().numpy()).native() is None


def test_a_module_that_was_solved_natively_can_be_copied() -> None:
    module = module_of(KNOWN[0])
    assert_same(module, module.theta, 2)
    copied = deepcopy(module)
    assert_same(copied, copied.theta, 2)
