"""The MLP field: its shape, its start, and its hand-written derivative at any size."""

from __future__ import annotations

from typing import get_args, get_type_hints

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeviz.fields import MLPField
from nodeviz.fields.activations import ACTIVATIONS, NUMPY_ACTIVATIONS
from nodeviz.fields.modules.activations import BENDS
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.settings import settings_of
from solver import solve

TIMES = get_args(get_args(get_type_hints(MLPField, include_extras=True)["time"])[0])

fields = st.builds(
    MLPField,
    width=st.integers(1, 9),
    depth=st.integers(1, 4),
    activation=st.sampled_from(list(ACTIVATIONS)),
    cubed=st.booleans(),
    time=st.sampled_from(TIMES),
    augmented=st.integers(0, 2),
)


def test_the_default_is_the_field_of_the_demo() -> None:
    assert MLPField().sizes == (2, 50, 2)
    assert [slot.shape for slot in MLPField().layout()] == [(50, 2), (50,), (2, 50), (2,)]
    assert MLPField().initial_parameters(0).size == 252


def test_it_starts_with_small_normal_weights_and_no_bias() -> None:
    parts = MLPField(width=512).split(MLPField(width=512).initial_parameters(0))
    for name, part in parts.items():
        assert np.std(part) == pytest.approx(0.0 if name.endswith("bias") else 0.1, rel=0.1)


@pytest.mark.parametrize("cubed", [True, False])
@pytest.mark.parametrize("time", ["none", "concat", "concatsquash", "hypernetwork", "depth"])
def test_first_weights_start_as_many_times_as_large_as_is_set_and_others_as_usual(time: str, cubed: bool) -> None:
    usual, larger = (MLPField(depth=2, time=time, cubed=cubed, first_weights=first) for first in (1.0, 4.0))
    before = usual.conditioning.layers_at(usual.split(usual.initial_parameters(0)), 0.0)
    after = larger.conditioning.layers_at(larger.split(larger.initial_parameters(0)), 0.0)
    assert np.std(after[0].weight) == pytest.approx(4 * np.std(before[0].weight), rel=0.1)
    for one, other in zip(before[1:], after[1:], strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)


@pytest.mark.parametrize("cubed", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_fields_of_any_depth_start_neither_dead_nor_wild(activation: str, cubed: bool) -> None:
    y = np.random.default_rng(0).uniform(-2, 2, (200, 2))
    for depth in (1, 2, 4, 8):
        field = MLPField(depth=depth, activation=activation, cubed=cubed)
        for seed in range(3):
            velocities = field.velocity(field.initial_parameters(seed), 0.0, y)
            assert 0.02 < np.std(velocities, axis=0).mean() < 3.0, (depth, seed)


def test_every_activation_is_there_in_every_form() -> None:
    declared = next(setting for setting in settings_of(MLPField) if setting.name == "activation")
    assert {choice.value for choice in declared.choices} == set(ACTIVATIONS) == set(NUMPY_ACTIVATIONS) == set(BENDS)


@settings(max_examples=150, deadline=None)
@given(field=fields, batch=st.integers(0, 7), seed=st.integers(0, 99), t=st.floats(-3, 3))
def test_the_derivative_by_hand_is_autograds_at_any_size(field: MLPField, batch: int, seed: int, t: float) -> None:
    draw = np.random.default_rng(seed)
    start = field.initial_parameters(seed)
    module = field.module(start + 0.5 * draw.standard_normal(start.shape).astype(np.float32)).double()
    y = torch.from_numpy(draw.uniform(-2, 2, (batch, field.dim))).requires_grad_()
    time = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    cotangent = torch.from_numpy(draw.standard_normal((batch, field.dim)))
    dy, pullback = module.linearise(t, y)
    found = pullback(cotangent)
    expected = module(time, y)
    in_t, in_y, in_theta = torch.autograd.grad(expected, (time, y, module.theta), cotangent, allow_unused=True)
    scale = 1 + float(expected.detach().abs().sum())
    torch.testing.assert_close(dy, expected.detach(), rtol=0, atol=1e-12 * scale)
    torch.testing.assert_close(found.y, in_y, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(found.parameters[0], in_theta, rtol=1e-10, atol=1e-10)
    if not field.autonomous:
        torch.testing.assert_close(found.t, in_t, rtol=1e-10, atol=1e-10)
    else:
        assert found.t is None


@settings(max_examples=100, deadline=None)
@given(field=fields, rows=st.integers(0, 7), seed=st.integers(0, 99))
def test_the_jacobians_by_hand_are_those_of_the_pullback_at_any_size(field: MLPField, rows: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    start = field.initial_parameters(seed)
    module = field.module(start + 0.5 * draw.standard_normal(start.shape).astype(np.float32)).double()
    y, times = (
        torch.from_numpy(draw.uniform(-2, 2, (rows, field.dim))),
        torch.from_numpy(draw.uniform(-3, 3, (rows, 1))),
    )
    jacobians = module.linearise_rows(times, y).jacobians
    units = torch.eye(field.dim, dtype=torch.float64)
    by_rows = [module.linearise(times, y)[1](unit.expand(rows, field.dim)).y for unit in units]
    torch.testing.assert_close(jacobians, torch.stack(by_rows, 1), rtol=1e-10, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(field=fields, batch=st.integers(0, 7), seed=st.integers(0, 99))
def test_the_divergence_and_its_pullback_by_hand_are_autograds_at_any_size(
    field: MLPField, batch: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    start = field.initial_parameters(seed)
    module = field.module(start + 0.5 * draw.standard_normal(start.shape).astype(np.float32)).double()
    y, onto_dy = (torch.from_numpy(draw.uniform(-2, 2, (batch, field.dim))) for _ in range(2))
    onto_trace = torch.from_numpy(draw.uniform(-2, 2, batch))
    found, pullback = module.linearise_traced(0.3, y)
    expected = FlatModule.trace(module, 0.3, y.requires_grad_())
    loss = (expected.dy * onto_dy).sum() + (expected.trace * onto_trace).sum()
    in_y, in_theta = torch.autograd.grad(loss, (y, module.theta))
    ours = pullback(onto_dy, onto_trace)
    torch.testing.assert_close(found.trace, expected.trace.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.y, in_y, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ours.parameters[0], in_theta, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rows", [3, 4096])
def test_a_wide_tanh_is_torchs_to_single_precision(rows: int) -> None:
    z = torch.linspace(-30, 30, rows)
    over = BENDS["tanh"].overwrite(z.clone())
    torch.testing.assert_close(over, torch.tanh(z), rtol=0, atol=2.5e-7)
    extremes = torch.tensor([float("inf"), float("-inf"), float("nan"), 1e38]).repeat(rows)
    torch.testing.assert_close(BENDS["tanh"].overwrite(extremes.clone()), torch.tanh(extremes), equal_nan=True)


@pytest.mark.parametrize("time", TIMES)
def test_all_steps_pulled_back_at_once_give_the_gradient_of_one_by_one(time: str) -> None:
    field = MLPField(width=12, depth=2, time=time)
    module = field.module(3 * field.initial_parameters(4)).double()
    y0 = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (20, 2))).requires_grad_()
    ts = torch.linspace(0, 2, 10, dtype=torch.float64)
    at_once = solve(module, y0, ts).ys
    one_by_one = solve(lambda t, y: module(t, y), y0, ts, parameters=[module.theta]).ys
    found, expected = (torch.autograd.grad(ys.square().sum(), (y0, module.theta)) for ys in (at_once, one_by_one))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_extreme_states_stay_finite_in_every_activation() -> None:
    y = np.array([[1e3, -1e3], [0.0, 1e2]])
    for activation in ACTIVATIONS:
        field = MLPField(activation=activation)
        theta = field.initial_parameters(0)
        in_numpy = field.velocity(theta, 0.0, y)
        in_torch = field.module(theta).double().evaluate(0.0, torch.from_numpy(y)).numpy()
        assert np.isfinite(in_numpy).all()
        np.testing.assert_allclose(in_torch, in_numpy, rtol=1e-5)
