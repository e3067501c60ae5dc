"""Continuous normalizing flows: the log density gained is that of the flow's Jacobian, and no mass is lost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from nodeviz.fields import LinearField, MLPField
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.tasks import SolverSettings
from nodeviz.tasks.densities.accompanied import PROBES, estimated, exactly, probe_of, regularised
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.solving import solve_as_set

torch.set_num_threads(1)
TIGHT = SolverSettings(rtol=1e-6, atol=1e-6)
TIGHTEST = SolverSettings(rtol=1e-10, atol=1e-10)
FLOW = Flow(scale=1.3, duration=0.8)
FIELD = MLPField(width=12, depth=2, time="concatsquash", cubed=False)


def points(count: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((count, 2)))


def module_of(seed: int) -> FlatModule:
    return FIELD.module(2 * FIELD.initial_parameters(seed)).double()


@pytest.mark.parametrize("seed", range(3))
def test_the_log_density_gained_is_minus_the_log_determinant_of_the_flow(seed: int) -> None:
    module, zs = module_of(seed), points(40)
    with torch.no_grad():
        gained = FLOW.forth(exactly(module), zs, TIGHT).gained
    start, span = zs.requires_grad_(), torch.tensor((0.0, FLOW.duration), dtype=torch.float64)
    end = solve_as_set(TIGHTEST, module, start, span).ys[-1]
    rows = [torch.autograd.grad(end[:, i].sum(), start, retain_graph=True)[0] for i in range(2)]
    apart = gained + torch.linalg.slogdet(torch.stack(rows, 1)).logabsdet
    assert float(apart.square().mean().sqrt()) < 1e-5  # the tolerance is one of root mean squares
    assert float(gained.abs().max()) > 0.05


def test_a_linear_field_carries_a_normal_base_to_the_normal_density_that_is_known() -> None:
    theta = np.array([0.3, -0.8, 1.1, -0.5, 0.4, -0.2], np.float32)
    module, zs = LinearField().module(theta).double(), points(50)
    with torch.no_grad():
        flowed = FLOW.forth(exactly(module), zs, TIGHTEST)
    affine = torch.zeros(3, 3, dtype=torch.float64)
    affine[:2, :2], affine[:2, 2] = module.theta[:4].detach().view(2, 2), module.theta[4:].detach()
    moved = torch.linalg.matrix_exp(FLOW.duration * affine)
    spread = FLOW.scale * moved[:2, :2]
    law = torch.distributions.MultivariateNormal(moved[:2, 2], spread @ spread.t())
    torch.testing.assert_close(FLOW.log_base(zs) + flowed.gained, law.log_prob(flowed.ys), atol=1e-6, rtol=0)


def test_back_from_where_it_went_a_point_is_where_it_was_with_the_same_density() -> None:
    module, zs = module_of(1), points(30)
    with torch.no_grad():
        there = FLOW.forth(exactly(module), zs, TIGHTEST)
        back = FLOW.back(exactly(module), there.ys, TIGHTEST)
    torch.testing.assert_close(back.ys, zs, atol=1e-7, rtol=0)
    torch.testing.assert_close(FLOW.log_prob(back), FLOW.log_base(zs) + there.gained, atol=1e-7, rtol=0)


@pytest.mark.parametrize("t", [0.3, 0.8])
def test_the_density_at_any_time_has_mass_one(t: float) -> None:
    ticks = torch.linspace(-10, 10, 141, dtype=torch.float64)
    with torch.no_grad():
        flowed = FLOW.back(exactly(module_of(2)), torch.cartesian_prod(ticks, ticks), TIGHT, t)
    density = FLOW.log_prob(flowed).exp().view(141, 141)
    assert float(torch.trapezoid(torch.trapezoid(density, ticks), ticks)) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("kind", PROBES)
def test_estimates_with_a_probe_are_right_in_the_mean(kind: str) -> None:
    module, count = module_of(0), 4000
    state = torch.nn.functional.pad(points(1).expand(count, 2), (0, 1))
    probe = probe_of(kind, torch.Size((count, 2)), 7, state)
    with torch.no_grad():
        slopes = -estimated(module, probe).field(torch.tensor(0.3), state)[:, 2]
    exact = float(module.evaluate_traced(0.3, state[:1, :2]).trace)
    assert abs(float(slopes.mean()) - exact) < 4 * float(slopes.std()) / count**0.5 + 1e-12


def test_without_a_probe_the_way_by_autograd_gains_what_the_way_by_hand_gains() -> None:
    module, zs = module_of(1), points(20)
    with torch.no_grad():
        by_hand, by_autograd = (FLOW.forth(way, zs, TIGHTEST) for way in (exactly(module), regularised(module, None)))
    torch.testing.assert_close(by_hand.gained, by_autograd.gained, atol=1e-8, rtol=0)


def test_what_is_spent_is_the_kinetic_energy_and_the_jacobians_norm_in_both_directions() -> None:
    module = LinearField().module(np.array([0.0, 2.0, -2.0, 0.0, 0.0, 0.0], np.float32)).double()
    zs = points(20)
    with torch.no_grad():
        there = FLOW.forth(regularised(module, None), zs, TIGHTEST)
        back = FLOW.back(regularised(module, None), there.ys, TIGHTEST)
    kinetic = 4 * zs.square().sum(1) * FLOW.duration  # it turns at two radians a second
    expected = torch.stack([kinetic, torch.full_like(kinetic, 8 * FLOW.duration)], 1)
    torch.testing.assert_close(there.spent, expected, atol=1e-7, rtol=1e-7)
    torch.testing.assert_close(back.spent, expected, atol=1e-7, rtol=1e-7)
