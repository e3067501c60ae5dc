"""The gradient field: its potential, and what it forbids."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.fields import GradientField
from nodeviz.fields.activations import ACTIVATIONS


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_its_velocity_is_the_potentials_steepest_descent(activation: str) -> None:
    field = GradientField(width=7, depth=2, activation=activation)
    theta = field.initial_parameters(1)
    y, step = np.random.default_rng(0).uniform(-1.5, 1.5, (30, 2)), 1e-6
    slopes = [
        (field.potential(theta, 0.0, y + step * unit) - field.potential(theta, 0.0, y - step * unit)) / (2 * step)
        for unit in np.eye(2)
    ]
    np.testing.assert_allclose(field.velocity(theta, 0.0, y), -np.stack(slopes, 1), atol=1e-8)


def test_its_potential_is_the_one_of_its_written_source() -> None:
    field = GradientField(width=5, depth=2, activation="gelu", augmented=1)
    theta = field.initial_parameters(3)
    scope: dict[str, object] = {"torch": torch}
    exec(field.torch_source(), scope)
    module = scope["Field"]()  # type: ignore[operator]
    module.load_state_dict({name: torch.from_numpy(part.copy()) for name, part in field.split(theta).items()})
    y = np.random.default_rng(0).uniform(-1, 1, (9, 2)).astype(np.float32)
    lifted = torch.from_numpy(np.pad(y, ((0, 0), (0, 1))))
    np.testing.assert_allclose(field.potential(theta, 0.0, y), module.potential(lifted).detach(), atol=1e-6)


def test_its_jacobian_is_symmetric_so_that_nothing_turns() -> None:
    field = GradientField(width=6, depth=3, activation="silu", augmented=2)
    module = field.module(field.initial_parameters(0)).double()
    y = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (8, 4)))
    jacobians = module.linearise_rows(torch.zeros(8, 1), y).jacobians
    torch.testing.assert_close(jacobians, jacobians.transpose(1, 2), rtol=1e-12, atol=1e-12)
    assert jacobians.abs().max() > 1e-3
