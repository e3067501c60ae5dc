"""A field with a log-density beside its state: what the density becomes is what the flow's own Jacobian says."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from nodeviz.fields import Field, GradientField, LinearField, MLPField
from nodeviz.fields.modules.traced_field import TracedField
from solver import DifferentiableField, solve

TS = torch.tensor([0.0, 1.0], dtype=torch.float64)


def traced(field: Field) -> TracedField:
    start = field.initial_parameters(4)
    draw = np.random.default_rng(1)
    return TracedField(field.module(start + 0.2 * draw.standard_normal(start.shape).astype(np.float32))).double()


def states(count: int = 6) -> torch.Tensor:
    return torch.from_numpy(np.pad(np.random.default_rng(0).uniform(-1.5, 1.5, (count, 2)), ((0, 0), (0, 1))))


FLOWS = [
    MLPField(width=8, depth=3, cubed=False, time="concatsquash"),
    MLPField(width=8, depth=1, cubed=False, time="hypernetwork"),
    GradientField(width=8, depth=2, activation="softplus"),
]


@pytest.mark.parametrize("field", FLOWS, ids=lambda field: f"{type(field).__name__}-{getattr(field, 'time', '')}")
def test_the_change_of_log_density_is_minus_the_log_determinant_of_the_flow(field: Field) -> None:
    module = traced(field)
    found = solve(module, states(), TS, rtol=1e-8, atol=1e-8).ys[-1, :, 2].detach()

    def end(start: torch.Tensor) -> torch.Tensor:
        return solve(module.inner, start, TS, rtol=1e-8, atol=1e-8, gradient="direct").ys[-1]

    jacobians = torch.stack([torch.autograd.functional.jacobian(end, row[:2]) for row in states()])
    torch.testing.assert_close(found, -torch.linalg.slogdet(jacobians).logabsdet, rtol=0, atol=1e-6)


def test_a_linear_field_changes_the_density_by_its_trace_alone() -> None:
    module = traced(LinearField())
    ends = solve(module, states(), TS, rtol=1e-9, atol=1e-9).ys[-1].detach()
    matrix = module.theta.detach()[:4].view(2, 2)
    torch.testing.assert_close(ends[:, 2], -matrix.trace().expand(6), rtol=0, atol=1e-12)


@pytest.mark.parametrize("field", FLOWS, ids=lambda field: f"{type(field).__name__}-{getattr(field, 'time', '')}")
def test_its_fast_path_is_its_differentiable_form(field: Field) -> None:
    module, z = traced(field), states().requires_grad_()
    assert isinstance(module, DifferentiableField)
    assert [parameter is module.theta for parameter in module.parameters()] == [True]
    cotangent = torch.from_numpy(np.random.default_rng(3).standard_normal((6, 3)))
    expected = module(0.4, z)
    slow = torch.autograd.grad(expected, (z, module.theta), cotangent)
    dz, pullback = module.linearise(0.4, states())
    fast = pullback(cotangent)
    torch.testing.assert_close(module.evaluate(0.4, states()), expected.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(dz, expected.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close((fast.y, fast.parameters[0]), slow, rtol=1e-9, atol=1e-9)


def test_a_copy_has_weights_of_its_own() -> None:
    module = traced(FLOWS[0])
    twin, before = copy.deepcopy(module), module.evaluate(0.1, states())
    with torch.no_grad():
        module.theta.mul_(2)
    torch.testing.assert_close(twin.evaluate(0.1, states()), before, rtol=0, atol=0)
    assert not torch.allclose(module.evaluate(0.1, states()), before)
