"""What every declared field promises, whatever its settings."""

from __future__ import annotations

import copy
import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from nodeviz.fields import FIELDS, Field, FormulaField, GradientField, LinearField, MLPField
from nodeviz.fields.activations import ACTIVATIONS
from nodeviz.fields.formula import Parameter, retyped
from nodeviz.fields.modules.flat import FlatModule
from solver.field import DifferentiableField, RowwiseField

CHOOSING = retyped(
    FormulaField(), "a*x if x > 0 and not y > 1 else hypot(x, y)*b", "clip(x^2, 0, 1) - min(x, y, a) + (t > 1)"
)
VARIANTS = [
    *[kind() for kind in FIELDS],
    *[
        MLPField(width=5, depth=depth, activation=activation, cubed=cubed, time="concat" if timed else "none")
        for activation in ACTIVATIONS
        for depth, cubed, timed in ((1, False, False), (2, True, False), (1, False, True), (3, True, True))
    ],
    *[
        MLPField(width=5, depth=depth, time=time, augmented=augmented, cubed=cubed, hyper_width=6, terms=3, span=2.5)
        for time in ("concat", "concatsquash", "hypernetwork", "depth")
        for depth, augmented, cubed in ((1, 2, False), (2, 0, True), (3, 1, False))
    ],
    *[GradientField(5, depth, activation, depth - 1) for activation in ACTIVATIONS for depth in (1, 3)],
    LinearField(augmented=2),
    CHOOSING,
    FormulaField("1", "0", ()),
    FormulaField("y", "-sin(x) - c*y + cos(t)", (Parameter("c", 0.2, trained=False),)),
]

SMOOTH = [
    field for field in VARIANTS if field != CHOOSING and getattr(field, "activation", "tanh") not in ("relu", "elu")
]


def name_of(field: Field) -> str:
    if isinstance(field, FormulaField):
        return f"{field.dx}|{field.dy}"
    if isinstance(field, LinearField):
        return f"linear-{field.dim}"
    shape = f"{field.activation}-{field.depth}{f'-in{field.dim}' * (not field.planar)}"
    if isinstance(field, GradientField):
        return f"gradient-{shape}"
    return f"{shape}{'-cubed' * field.cubed}-{field.time}"


@pytest.fixture(params=VARIANTS, ids=name_of)
def field(request: pytest.FixtureRequest) -> Field:
    return request.param


@pytest.fixture
def theta(field: Field) -> np.ndarray:
    """Weights with every entry at work, biases too."""
    start = field.initial_parameters(7)
    return start + 0.3 * np.random.default_rng(1).standard_normal(start.shape).astype(np.float32)


@pytest.fixture
def exact(field: Field, theta: np.ndarray) -> FlatModule:
    return field.module(theta).double()


def points(field: Field, shape: tuple[int, ...] = (20,), dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).uniform(-1.5, 1.5, (*shape, field.dim))).to(dtype)


def cotangents(field: Field, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).standard_normal((*shape, field.dim)))


def test_initial_parameters_are_the_seeds_and_fill_the_layout(field: Field) -> None:
    first, again = field.initial_parameters(3), field.initial_parameters(3)
    assert first.dtype == np.float32
    assert first.shape == (sum(slot.size for slot in field.layout()),)
    np.testing.assert_array_equal(first, again)


def test_parts_of_the_weights_join_to_what_was_split(field: Field, theta: np.ndarray) -> None:
    parts = field.split(theta)
    assert list(parts) == [slot.name for slot in field.layout()]
    np.testing.assert_array_equal(field.join(parts), theta)


def test_numpy_and_torch_agree(field: Field, theta: np.ndarray) -> None:
    module, y = field.module(theta), points(field, dtype=torch.float32)
    y[:, 2:] = 0
    by_torch = module.evaluate(0.7, y)[:, :2].numpy()
    by_numpy = field.velocity(theta, 0.7, y[:, :2].numpy())
    assert by_numpy.dtype == np.float32
    np.testing.assert_allclose(by_numpy, by_torch, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_the_fast_evaluation_agrees_with_the_differentiable_one(
    field: Field, theta: np.ndarray, dtype: torch.dtype, tolerance: float
) -> None:
    module, y = field.module(theta).to(dtype), points(field, dtype=dtype)
    expected = module(torch.tensor(0.7, dtype=dtype), y).detach()
    fast = module.evaluate(0.7, y)
    assert not fast.requires_grad
    assert fast.dtype == dtype
    scale = 1 + expected.abs().max()
    assert (fast - expected).abs().max() <= 3 * tolerance * scale
    assert (module.linearise(0.7, y)[0] - expected).abs().max() <= 3 * tolerance * scale


@pytest.mark.parametrize("shape", [(), (1,), (20,), (4, 5), (2, 1, 3)])
def test_the_pullback_is_autograds_for_points_of_any_shape(
    exact: FlatModule, field: Field, shape: tuple[int, ...]
) -> None:
    y = points(field, shape).requires_grad_()
    t = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    cotangent = cotangents(field, shape)
    dy = exact(t, y)
    slow = (
        torch.autograd.grad(dy, (t, y, exact.theta), cotangent, allow_unused=True)
        if dy.requires_grad
        else (None, None, None)
    )
    fast_dy, pullback = exact.linearise(0.7, y)
    fast = pullback(cotangent)
    assert fast_dy.shape == y.shape
    assert not fast_dy.requires_grad
    assert_same(fast.t, slow[0])
    assert_same(fast.y, slow[1])
    assert_same(fast.parameters[0], slow[2])
    if field.autonomous:
        assert fast.t is None


def assert_same(one: torch.Tensor | None, other: torch.Tensor | None) -> None:
    """None is zero."""
    if one is None or other is None:
        assert not any(torch.any(tensor) for tensor in (one, other) if tensor is not None)
        return
    assert one.shape == other.shape
    torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


def test_two_linearisations_keep_apart(field: Field, exact: FlatModule) -> None:
    near, far = points(field), points(field) + 0.25
    ones = torch.ones_like(near)
    alone = exact.linearise(0.0, near)[1](ones)
    first = exact.linearise(0.0, near)
    second = exact.linearise(0.5, far)
    exact.evaluate(0.5, far)
    second[1](ones)
    interleaved = first[1](ones)
    assert_same(interleaved.y, alone.y)
    assert_same(interleaved.parameters[0], alone.parameters[0])


def test_neither_evaluating_nor_pulling_back_writes_to_its_arguments(field: Field, exact: FlatModule) -> None:
    y, cotangent = points(field), points(field)
    exact.evaluate(0.3, y)
    exact.linearise(0.3, y)[1](cotangent)
    assert torch.equal(y, points(field))
    assert torch.equal(cotangent, points(field))


def test_it_is_a_field_the_solver_differentiates_fast(field: Field, theta: np.ndarray) -> None:
    module = field.module(theta)
    assert isinstance(module, DifferentiableField)
    assert [name for name, _ in module.named_parameters()] == ["theta"]
    np.testing.assert_array_equal(module.theta.detach(), theta)


def test_the_fast_path_follows_the_weights_wherever_they_go(field: Field, theta: np.ndarray) -> None:
    module, y = field.module(theta), points(field, dtype=torch.float32)
    module.evaluate(0.2, y)
    other = theta + np.float32(0.125)
    twin = copy.deepcopy(module)
    module.theta.data.copy_(torch.from_numpy(other))
    assert_fast_is_right(module, y)
    assert_fast_is_right(twin, y)
    np.testing.assert_array_equal(twin.theta.detach(), theta)
    module.theta.data = torch.from_numpy(theta + np.float32(0.25))
    assert_fast_is_right(module, y)
    with torch.no_grad():
        module.theta.mul_(0.5)
    assert_fast_is_right(module, y)
    assert_fast_is_right(module.double(), y.double())


def assert_fast_is_right(module: FlatModule, y: torch.Tensor) -> None:
    torch.testing.assert_close(module.evaluate(0.2, y), module(0.2, y).detach(), rtol=1e-5, atol=1e-5)


def test_parts_that_are_missing_or_misshapen_are_refused_by_name(field: Field, theta: np.ndarray) -> None:
    for slot in field.layout()[:1]:
        parts = field.split(theta)
        with pytest.raises(ValueError, match=f"need '{slot.name}' .* nothing"):
            field.join({name: part for name, part in parts.items() if name != slot.name})
        with pytest.raises(ValueError, match=f"need '{slot.name}'"):
            field.join({**parts, slot.name: np.zeros((9, 9, 9), np.float32)})


@pytest.mark.parametrize("shape", [(6,), (2, 3)])
def test_the_pullback_is_autograds_for_times_of_the_points_own(
    field: Field, exact: FlatModule, shape: tuple[int, ...]
) -> None:
    y, times = (
        points(field, shape).requires_grad_(),
        torch.linspace(0, 2, 6, dtype=torch.float64).view(shape).requires_grad_(),
    )
    cotangent = cotangents(field, shape)
    dy, pullback = exact.linearise(times, y)
    found, expected = pullback(cotangent), exact(times, y)
    assert_same(dy, expected.detach())
    if expected.requires_grad:
        slow = torch.autograd.grad(expected, (times, y, exact.theta), cotangent, allow_unused=True)
        assert_same(found.t, slow[0])
        assert_same(found.y, slow[1])
        assert_same(found.parameters[0], slow[2])


def test_each_point_may_have_a_time_of_its_own(field: Field, exact: FlatModule) -> None:
    y, times = points(field, (6,)), torch.linspace(0, 2, 6, dtype=torch.float64)
    together = exact(times, y).detach()
    torch.testing.assert_close(exact.evaluate(times, y), together, rtol=1e-12, atol=1e-12)
    for i in range(6):
        torch.testing.assert_close(together[i], exact.evaluate(float(times[i]), y[i]), rtol=1e-12, atol=1e-12)


def test_the_divergence_takes_times_of_the_points_own(field: Field, exact: FlatModule) -> None:
    y, times = points(field, (4,)), torch.linspace(0, 2, 4, dtype=torch.float64)
    onto_dy, onto_trace = cotangents(field, (4,)), cotangents(field, (4,))[:, 0]
    together, pullback = exact.linearise_traced(times, y)
    alone = [exact.linearise_traced(float(t), row.unsqueeze(0)) for t, row in zip(times, y, strict=True)]
    torch.testing.assert_close(together.trace, torch.cat([found.trace for found, _ in alone]), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(exact.evaluate_traced(times, y).trace, together.trace, rtol=1e-10, atol=1e-10)
    in_theta = pullback(onto_dy, onto_trace).parameters[0]
    each = [pull(onto_dy[i : i + 1], onto_trace[i : i + 1]).parameters[0] for i, (_, pull) in enumerate(alone)]
    assert_same(in_theta, None if each[0] is None else torch.stack(each).sum(0))


def test_rows_at_once_have_autograds_jacobians_and_its_pullback(field: Field, exact: FlatModule) -> None:
    assert isinstance(exact, RowwiseField)
    y, times = points(field, (6,)), torch.linspace(0, 2, 6, dtype=torch.float64)
    cotangent = cotangents(field, (6,))
    found = exact.linearise_rows(times.unsqueeze(1), y)
    slow = [torch.autograd.functional.jacobian(partial(exact, time), row) for time, row in zip(times, y, strict=True)]
    assert_same(found.jacobians, torch.stack(slow))
    dy = exact(times, y)
    if dy.requires_grad:
        (in_theta,) = torch.autograd.grad(dy, exact.theta, cotangent, allow_unused=True)
        assert_same(found.pull_parameters(cotangent)[0], in_theta)


def test_the_divergence_is_the_trace_of_autograds_jacobian(field: Field, exact: FlatModule) -> None:
    y = points(field, (6,))
    found = exact.evaluate_traced(0.7, y)
    traces = [torch.autograd.functional.jacobian(partial(exact, 0.7), row).trace() for row in y]
    torch.testing.assert_close(found.dy, exact(0.7, y).detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(found.trace, torch.stack(traces), rtol=1e-10, atol=1e-10)
    assert not found.trace.requires_grad


def test_the_pullback_of_velocity_and_divergence_is_autograds(field: Field, exact: FlatModule) -> None:
    y, onto_dy, onto_trace = points(field, (6,)), cotangents(field, (6,)), cotangents(field, (6,))[:, 0]
    (dy, trace), pullback = exact.linearise_traced(0.7, y)
    in_t, in_y, (in_theta,) = pullback(onto_dy, onto_trace)
    t, y = torch.tensor(0.7, dtype=torch.float64, requires_grad=True), y.requires_grad_()
    for trace_of in (FlatModule.trace, type(exact).trace):  # by a graph inside another, and as the field has it
        expected = trace_of(exact, t, y)
        torch.testing.assert_close(dy, expected.dy.detach(), rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(trace, expected.trace.detach(), rtol=1e-10, atol=1e-10)
        loss = (expected.dy * onto_dy).sum() + (expected.trace * onto_trace).sum()
        slow = torch.autograd.grad(loss, (t, y, exact.theta), allow_unused=True) if loss.requires_grad else (None,) * 3
        for one, other in zip((in_t, in_y, in_theta), slow, strict=True):
            assert_same(one, other)


@pytest.mark.parametrize("field", SMOOTH, ids=name_of)
def test_the_pullback_of_velocity_and_divergence_is_that_of_finite_differences(field: Field, exact: FlatModule) -> None:
    draw, step = np.random.default_rng(8), 1e-5
    t, y, theta = 0.7, points(field, (4,)), exact.theta.detach().clone()
    onto_dy, onto_trace = cotangents(field, (4,)), cotangents(field, (4,))[:, 0]
    in_t, in_y, (in_theta,) = exact.linearise_traced(t, y)[1](onto_dy, onto_trace)
    along_y, along_theta = (torch.from_numpy(draw.standard_normal(tuple(part.shape))) for part in (y, theta))
    along_theta[list(field.held)] = 0.0

    def value(at: float) -> float:
        with torch.no_grad():
            exact.theta.copy_(theta + at * along_theta)
        found = exact.evaluate_traced(t + at, y + at * along_y)
        return float((found.dy * onto_dy).sum() + (found.trace * onto_trace).sum())

    # the fourth-order central difference: its error is far below what is asked
    slope = (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * step)
    terms = ((in_t, torch.ones(())), (in_y, along_y), (in_theta, along_theta))
    assert slope == pytest.approx(sum(float((one * along).sum()) for one, along in terms if one is not None), rel=1e-7)


def test_a_time_may_be_a_number_or_a_tensor_of_no_dimensions(field: Field, exact: FlatModule) -> None:
    y, onto = points(field), cotangents(field, (20,))
    time = torch.tensor(0.7, dtype=torch.float64)
    assert_same(exact.evaluate(time, y), exact.evaluate(0.7, y))
    found, expected = exact.linearise(time, y)[1](onto), exact.linearise(0.7, y)[1](onto)
    assert_same(found.t, expected.t)
    assert_same(found.parameters[0], expected.parameters[0])


def test_an_autonomous_field_does_not_depend_on_time(field: Field, exact: FlatModule) -> None:
    same = torch.equal(exact.evaluate(0.0, points(field)), exact.evaluate(2.0, points(field)))
    assert same == field.autonomous


def test_the_written_source_is_the_same_field_in_torch_alone(
    field: Field, theta: np.ndarray, exact: FlatModule, tmp_path: Path
) -> None:
    path = tmp_path / "standalone_field.py"
    path.write_text("import torch\n\n\n" + field.torch_source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("standalone_field", path)
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    standalone = source.Field()
    weights = {name: torch.from_numpy(np.array(part)) for name, part in field.split(theta).items()}
    standalone.load_state_dict(weights, strict=True)
    standalone.double()
    for shape in ((), (20,), (3, 4)):
        y = points(field, shape).requires_grad_()
        written, ours = standalone(torch.tensor(0.7), y), exact(0.7, y)
        torch.testing.assert_close(written, ours, rtol=1e-6, atol=1e-6)
        if ours.requires_grad and written.requires_grad:
            (slope,) = torch.autograd.grad(written.sum(), y, materialize_grads=True)
            (expected,) = torch.autograd.grad(ours.sum(), y, materialize_grads=True)
            torch.testing.assert_close(slope, expected, rtol=1e-6, atol=1e-6)
    assert "nodeviz" not in path.read_text(encoding="utf-8")
