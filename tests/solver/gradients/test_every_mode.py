"""Gradients of all modes: against closed forms, against finite differences, against one another."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solver import GRADIENT_MODES, GRADIENTS, METHODS, DifferentiableField, Event, Solution, solve
from solver.method import ImplicitRungeKutta, Method
from solver.methods.kvaerno3 import KVAERNO3
from solver.methods.radau5 import RADAU5
from tests.problems import LIMIT_CYCLE, STARTS, Linear, Perceptron
from tests.solver.gradients.weighed import TIMES, AnalyticLinear, by_name, flat, gradients, weights

ALONG_THE_WAY = ["backsolve_full", "interpolated", "gauss"]
"""They solve for the adjoint under error control, and approach the exact solution's gradient."""
MODES = ["checkpointed", "direct", "backsolve", *ALONG_THE_WAY, "forward"]
REFUSING = [mode for mode in MODES if mode != "direct"]
"""They know what they are told of alone, and once."""
EXPLICIT = [method for method in METHODS if not isinstance(method, ImplicitRungeKutta)]


def test_what_modes_are_called_is_data_that_the_modes_share() -> None:
    assert [(mode.name, mode.sentence) for mode in GRADIENT_MODES] == [(way.name, way.sentence) for way in GRADIENTS]


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("mode", MODES)
def test_gradients_match_the_closed_form_on_a_linear_field(mode: str, ts: Tensor) -> None:
    field = Linear()
    y0, moving = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    exact = (field.exact(y0, moving) * weights(len(ts))).sum()
    expected = flat(torch.autograd.grad(exact, (y0, moving, field.matrix)))
    found, _ = gradients(field, ts, method="dop853", rtol=1e-11, atol=1e-11, gradient=mode)
    assert torch.allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_match_finite_differences_on_a_network(mode: str) -> None:
    field = Perceptron()
    found, _ = gradients(field, TIMES, method="dop853", rtol=1e-11, atol=1e-11, gradient=mode)
    leaves = [STARTS.clone(), TIMES.clone(), *field.parameters()]

    def loss() -> Tensor:
        ys = solve(field, leaves[0], leaves[1], method="dop853", rtol=1e-12, atol=1e-12).ys
        return (ys * weights(len(TIMES))).sum()

    expected = []
    with torch.no_grad():
        for leaf in leaves:
            for place in range(leaf.numel()):
                held = leaf is leaves[1] and place in (0, 1, 4, 5)  # equal times cannot move alone
                expected.append(found[len(expected)] if held else central_difference(loss, leaf, place))
    assert torch.allclose(found, torch.stack(expected), atol=1e-6)


def central_difference(loss: Callable[[], Tensor], leaf: Tensor, place: int, width: float = 1e-5) -> Tensor:
    entry, values = leaf.view(-1)[place].clone(), []
    for offset in (width, -width):
        leaf.view(-1)[place] = entry + offset
        values.append(loss())
    leaf.view(-1)[place] = entry
    return (values[0] - values[1]) / (2 * width)


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dop853"])
@pytest.mark.parametrize("mode", ["backsolve", *ALONG_THE_WAY, "forward"])
def test_errors_shrink_with_the_tolerance_towards_the_closed_form(mode: str, method: str, ts: Tensor) -> None:
    field = Linear()
    y0, moving = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    exact = (field.exact(y0, moving) * weights(len(ts))).sum()
    expected = flat(torch.autograd.grad(exact, (y0, moving, field.matrix)))
    for tolerance in (1e-4, 1e-6, 1e-8):
        found, _ = gradients(field, ts, method=method, rtol=tolerance, atol=tolerance, gradient=mode)
        assert (found - expected).abs().max() < 100 * tolerance


@pytest.mark.parametrize("mode", ALONG_THE_WAY)
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_fixed_steps_of_every_method_come_near_the_exact_gradient(method: Method, mode: str) -> None:
    how = {"method": method, "controller": "fixed", "gradient": mode}
    expected, _ = gradients(Perceptron(), TIMES, method="dop853", rtol=1e-12, atol=1e-12)
    coarse, fine = (gradients(Perceptron(), TIMES, dt=dt, **how)[0] - expected for dt in (0.06, 0.01))
    assert fine.norm() < 1e-9 + 0.4 * coarse.norm()
    assert fine.norm() < 0.05 * expected.norm()


@pytest.mark.parametrize("mode", [*ALONG_THE_WAY, "forward"])
@pytest.mark.parametrize("method", [KVAERNO3, RADAU5], ids=by_name)
def test_implicit_methods_have_these_gradients_too(method: Method, mode: str) -> None:
    expected, _ = gradients(Perceptron(), TIMES, method="dop853", rtol=1e-12, atol=1e-12)
    found, _ = gradients(Perceptron(), TIMES, method=method, rtol=1e-7, atol=1e-7, gradient=mode)
    assert (found - expected).norm() < 1e-5 * expected.norm()


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 4),
    gaps=st.lists(st.sampled_from([0.0, 0.03, 0.4]), min_size=1, max_size=4),
    falling=st.booleans(),
    single=st.booleans(),
    exponent=st.integers(3, 5),
    seed=st.integers(0, 99),
)
def test_all_modes_agree_for_any_rows_times_and_dtype(
    rows: int, gaps: list[float], falling: bool, single: bool, exponent: int, seed: int
) -> None:
    dtype = torch.float32 if single else torch.float64
    generator = torch.Generator().manual_seed(seed)
    field = Perceptron(4).to(dtype)
    starts = torch.rand(rows, 2, generator=generator, dtype=torch.float64).to(dtype)
    ts = torch.tensor([0.0, *gaps], dtype=dtype).cumsum(0) * (-1 if falling else 1)
    cotangents = torch.randn(len(ts), rows, 2, generator=generator, dtype=torch.float64).to(dtype)
    tolerance = 10.0**-exponent
    found = {}
    for mode in ("direct", *ALONG_THE_WAY, "forward"):
        y0, times = starts.clone().requires_grad_(), ts.clone().requires_grad_()
        ys = solve(field, y0, times, rtol=tolerance, atol=tolerance, gradient=mode).ys
        leaves = (y0, times, *field.parameters())
        found[mode] = flat(torch.autograd.grad((ys * cotangents).sum(), leaves, materialize_grads=True))
    scale = 1 + float(found["direct"].norm())
    rounding = 1e-5 if single else 1e-12
    assert (found["forward"] - found["direct"]).norm() < rounding * scale
    for mode in ALONG_THE_WAY:
        assert (found[mode] - found["direct"]).norm() < (300 * tolerance + rounding) * scale


@pytest.mark.parametrize("mode", MODES)
def test_a_field_with_its_own_derivative_gets_the_gradient_of_autograd(mode: str) -> None:
    field = AnalyticLinear()
    assert isinstance(field, DifferentiableField)
    own, solution = gradients(field, TIMES, rtol=1e-7, gradient=mode)
    plain, _ = gradients_through_a_plain_callable(field, mode)
    assert torch.allclose(own, plain, atol=1e-12)
    assert (field.pullbacks > 0) == (mode not in ("direct", "forward"))  # these go through the field's operations
    assert solution.stats.nfe_backward + solution.stats.kept >= field.pullbacks


def gradients_through_a_plain_callable(field: AnalyticLinear, mode: str) -> tuple[Tensor, Solution]:
    y0, ts = STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_()
    solution = solve(lambda t, y: field(t, y), y0, ts, rtol=1e-7, gradient=mode, parameters=field.parameters())
    return flat(torch.autograd.grad((solution.ys * weights(len(ts))).sum(), (y0, ts, field.matrix))), solution


@pytest.mark.parametrize("mode", MODES)
def test_nfe_backward_is_what_the_field_counts(mode: str) -> None:
    field, calls = Perceptron(), []
    field.register_forward_hook(lambda *_: calls.append(1))
    y0 = STARTS.clone().requires_grad_()
    solution = solve(field, y0, TIMES, gradient=mode)
    assert solution.stats.nfe_forward == len(calls)
    assert solution.stats.nfe_backward == 0
    calls.clear()
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward == len(calls)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 2)])
@pytest.mark.parametrize("mode", MODES)
def test_states_of_any_shape_have_their_gradient(mode: str, shape: tuple[int, ...]) -> None:
    y0 = torch.full(shape, 0.4, dtype=torch.float64, requires_grad=True)
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    ys = solve(lambda t, y: -rate * y, y0, TIMES, rtol=1e-9, atol=1e-9, gradient=mode, parameters=[rate]).ys
    in_y0, in_rate = torch.autograd.grad(ys[-1].sum(), (y0, rate))
    assert torch.allclose(in_y0, torch.exp(-rate).expand(shape), atol=1e-7)
    assert float(in_rate) == pytest.approx(-float(ys[-1].detach().sum()), abs=1e-7)


@pytest.mark.parametrize("mode", MODES)
def test_valid_rows_of_a_failed_solve_have_their_gradient(mode: str) -> None:
    def gradient_of(ts: Tensor) -> Tensor:
        y0 = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        solution = solve(lambda t, y: y * y, y0, ts, rtol=1e-8, gradient=mode)  # infinite at t = 1
        assert solution.reached == 2
        (found,) = torch.autograd.grad(solution.ys[:3].sum(), y0)
        return found

    ts = torch.tensor([0.0, 0.3, 0.6, 2.0], dtype=torch.float64)
    exact = 1 + 1 / 0.7**2 + 1 / 0.4**2
    assert float(gradient_of(ts)) == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("mode", [*ALONG_THE_WAY, "forward"])
def test_an_event_and_its_time_have_their_gradient(mode: str) -> None:
    """A fall from height h with speed 0 takes sqrt(2h/g), and arrives with -sqrt(2gh)."""
    height = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    pull = torch.tensor(9.81, dtype=torch.float64, requires_grad=True)

    def fall(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((y[..., 1], -pull.expand_as(y[..., 1])), -1)

    y0 = torch.stack((height, torch.zeros_like(height)))
    ts = torch.tensor([0.0, 2.0], dtype=torch.float64)
    ground = Event(lambda t, y: y[..., 0])
    solution = solve(fall, y0, ts, rtol=1e-9, atol=1e-9, gradient=mode, parameters=[pull], events=ground)
    (landing,) = solution.events
    found = torch.autograd.grad(landing.t, (height, pull), retain_graph=True)
    time = (2 * 2.0 / 9.81) ** 0.5
    assert [float(x) for x in found] == pytest.approx([time / 4.0, -time / (2 * 9.81)], rel=1e-5)
    found = torch.autograd.grad(landing.y[1], (height, pull))
    speed = (2 * 2.0 * 9.81) ** 0.5
    assert [float(x) for x in found] == pytest.approx([-speed / 4.0, -speed / (2 * 9.81)], rel=1e-5)


@pytest.mark.parametrize("mode", REFUSING)
def test_a_field_that_closes_over_unannounced_tensors_is_refused(mode: str) -> None:
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    with pytest.raises(ValueError, match="Pass them as parameters="):
        solve(lambda t, y: -scale * y, STARTS, TIMES, gradient=mode)
    solution = solve(lambda t, y: -scale * y, STARTS, TIMES, gradient=mode, parameters=[scale])
    solution.ys.sum().backward()
    assert scale.grad is not None


@pytest.mark.parametrize("mode", ["checkpointed", "backsolve"])
def test_a_field_may_differentiate_inside_by_tensors_of_its_own(mode: str) -> None:
    def downhill(t: Tensor, y: Tensor) -> Tensor:
        with torch.enable_grad():
            own = y if y.requires_grad else y.detach().requires_grad_()
            return -torch.autograd.grad(own.pow(2).sum() / 2, own, create_graph=True)[0]

    y0 = STARTS.clone().requires_grad_()
    solution = solve(downhill, y0, TIMES, rtol=1e-8, atol=1e-8, gradient=mode)
    solution.ys[-1].sum().backward()
    assert torch.allclose(y0.grad, torch.full_like(y0, exp(-1.0)), atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_parameters_may_be_results_of_earlier_operations(mode: str) -> None:
    root = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    scale = root.square()
    solution = solve(lambda t, y: -scale * y, STARTS, TIMES, rtol=1e-8, gradient=mode, parameters=[scale])
    solution.ys[-1].sum().backward()
    expected = -2 * root * (STARTS * torch.exp(-scale)).sum()
    assert torch.allclose(root.grad, expected, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_frozen_parameters_are_left_alone(mode: str) -> None:
    field = Perceptron()
    field.inner.requires_grad_(False)
    solve(field, STARTS, TIMES, gradient=mode).ys.sum().backward()
    assert field.inner.weight.grad is None
    assert field.outer.weight.grad is not None


@pytest.mark.parametrize("mode", REFUSING)
def test_changing_parameters_before_backward_is_noticed(mode: str) -> None:
    field = Perceptron()
    solution = solve(field, STARTS, TIMES, gradient=mode)
    with torch.no_grad():
        field.inner.weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        solution.ys.sum().backward()


@pytest.mark.parametrize("mode", REFUSING)
def test_second_derivatives_are_refused_in_a_sentence(mode: str) -> None:
    y0 = STARTS.clone().requires_grad_()
    ys = solve(LIMIT_CYCLE.field, y0, TIMES, gradient=mode).ys
    (first,) = torch.autograd.grad(ys.square().sum(), y0, create_graph=True)
    with pytest.raises(RuntimeError, match=f'gradient="{mode}".*Use gradient="direct"'):
        first.sum().backward()
