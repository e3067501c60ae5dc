"""The modes beside checkpointed, direct and plain backsolve: along a kept solution, by quadrature, with tangents."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solver import GRADIENT_MODES, GRADIENTS, METHODS, Event, Solution, solve
from solver.gradients.forward import MOST_DIRECTIONS
from solver.gradients.gauss import gauss_legendre
from solver.gradients.kept_solution import KeptSolution
from solver.gradients.parts import EveryPart, LeadingPart, WithRest
from solver.method import ImplicitRungeKutta, Method
from solver.methods.kvaerno3 import KVAERNO3
from solver.methods.radau5 import RADAU5
from solver.tolerance import Tolerance
from tests.problems import LIMIT_CYCLE, MODULATED, STARTS, Linear, Perceptron

CONTINUOUS = ["backsolve_full", "interpolated", "gauss"]
"""They approach the exact solution's gradient; `forward` is that of the discrete solve."""
ADDED = [*CONTINUOUS, "forward"]
TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)
EXPLICIT = [method for method in METHODS if not isinstance(method, ImplicitRungeKutta)]
SPIRAL = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)


def weights(count: int) -> Tensor:
    """Fixed cotangents of `count` saved states."""
    return torch.randn(count, *STARTS.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def gradients(field: torch.nn.Module, ts: Tensor, **how: object) -> tuple[Tensor, Solution]:
    """All gradients of a weighted sum of the saved states, flat: of y0, ts and the parameters."""
    y0, ts = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    solution = solve(field, y0, ts, **how)
    assert solution.status.ok
    loss = (solution.ys * weights(len(ts))).sum()
    return flat(torch.autograd.grad(loss, (y0, ts, *field.parameters()))), solution


def flat(tensors: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def by_name(method: Method) -> str:
    return method.name


def cubic_spiral(t: Tensor, y: Tensor) -> Tensor:
    return (y**3) @ SPIRAL


def test_what_modes_are_called_is_data_that_the_modes_share() -> None:
    assert [(mode.name, mode.sentence) for mode in GRADIENT_MODES] == [(way.name, way.sentence) for way in GRADIENTS]


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dop853"])
@pytest.mark.parametrize("mode", ADDED)
def test_errors_shrink_with_the_tolerance_towards_the_closed_form(mode: str, method: str, ts: Tensor) -> None:
    field = Linear()
    y0, moving = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    exact = (field.exact(y0, moving) * weights(len(ts))).sum()
    expected = flat(torch.autograd.grad(exact, (y0, moving, field.matrix)))
    for tolerance in (1e-4, 1e-6, 1e-8):
        found, _ = gradients(field, ts, method=method, rtol=tolerance, atol=tolerance, gradient=mode)
        assert (found - expected).abs().max() < 100 * tolerance


@pytest.mark.parametrize("mode", CONTINUOUS)
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_fixed_steps_of_every_method_come_near_the_exact_gradient(method: Method, mode: str) -> None:
    how = {"method": method, "controller": "fixed", "gradient": mode}
    expected, _ = gradients(Perceptron(), TIMES, method="dop853", rtol=1e-12, atol=1e-12)
    coarse, fine = (gradients(Perceptron(), TIMES, dt=dt, **how)[0] - expected for dt in (0.06, 0.01))
    assert fine.norm() < 1e-9 + 0.4 * coarse.norm()
    assert fine.norm() < 0.05 * expected.norm()


@pytest.mark.parametrize("mode", ADDED)
@pytest.mark.parametrize("method", [KVAERNO3, RADAU5], ids=by_name)
def test_implicit_methods_have_these_gradients_too(method: Method, mode: str) -> None:
    expected, _ = gradients(Perceptron(), TIMES, method="dop853", rtol=1e-12, atol=1e-12)
    found, _ = gradients(Perceptron(), TIMES, method=method, rtol=1e-7, atol=1e-7, gradient=mode)
    assert (found - expected).norm() < 1e-5 * expected.norm()


@pytest.mark.parametrize("mode", ["interpolated", "gauss", "forward"])
def test_the_solution_is_not_run_backwards_where_that_blows_up(mode: str) -> None:
    """Backwards, the decay explodes: backsolve ends there with a status and a gradient of NaN."""

    def gradient(mode: str, rtol: float, atol: float) -> tuple[Tensor, Solution]:
        y0 = torch.full((1,), 0.5, dtype=torch.float64, requires_grad=True)
        ts = torch.tensor([0.0, 5.0], dtype=torch.float64)
        solution = solve(lambda t, y: -(y**3) * 40, y0, ts, gradient=mode, rtol=rtol, atol=atol)
        return torch.autograd.grad(solution.ys[-1].sum(), y0)[0], solution

    lost, backwards = gradient("backsolve_full", 1e-2, 1e-2)
    assert lost.isnan().all()
    assert not backwards.stats.backward_status.ok
    assert backwards.stats.backward_status.remedy
    found, solution = gradient(mode, 1e-6, 1e-9)
    exact = (1 + 80 * 0.25 * 5) ** -1.5  # y = y0 / sqrt(1 + 80 y0² t)
    assert float(found) == pytest.approx(exact, rel=1e-3)
    assert solution.stats.drift is None


def test_backsolve_of_the_cubic_spiral_dies_with_a_status_where_other_modes_live() -> None:
    matrix = SPIRAL.clone().requires_grad_()
    ts = torch.tensor([0.0, 100.0], dtype=torch.float64)
    for mode, lives in (("backsolve", False), ("backsolve_full", False), ("interpolated", True), ("gauss", True)):
        y0 = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
        how = {"rtol": 1e-3, "atol": 1e-5, "gradient": mode, "parameters": [matrix]}
        solution = solve(lambda t, y: (y**3) @ matrix, y0, ts, **how)
        (found,) = torch.autograd.grad(solution.ys[-1].sum(), matrix)
        assert solution.status.ok
        assert solution.stats.backward_status.ok == lives
        assert bool(found.isfinite().all()) == lives
        assert lives or solution.stats.backward_status.sentence
        assert lives or solution.stats.drift == inf


@pytest.mark.parametrize("how", [{}, {"method": "dopri5", "controller": "I"}, {"method": "verner76"}], ids=str)
def test_the_cubic_spiral_comes_back_from_25_at_least_as_close_as_it_should(how: dict[str, str]) -> None:
    y0, ts = torch.tensor([[2.0, 0.0]], dtype=torch.float64), torch.tensor([0.0, 25.0], dtype=torch.float64)
    for tolerance, allowed in ((1e-5, 0.18), (1e-6, 6.7e-3), (1e-7, 1.2e-4), (1e-9, 2.6e-6), (1e-12, 3.5e-9)):
        there = solve(cubic_spiral, y0, ts, rtol=tolerance, atol=tolerance, max_steps=100_000, **how)
        back = solve(cubic_spiral, there.ys[-1], ts.flip(0), rtol=tolerance, atol=tolerance, max_steps=100_000, **how)
        assert back.status.ok
        assert (back.ys[-1] - y0).norm() < allowed


def test_a_round_trip_that_cannot_be_made_ends_with_a_status() -> None:
    y0, ts = torch.tensor([[2.0, 0.0]], dtype=torch.float64), torch.tensor([0.0, 100.0], dtype=torch.float64)
    there = solve(cubic_spiral, y0, ts, rtol=1e-3, atol=1e-5)
    back = solve(cubic_spiral, there.ys[-1], ts.flip(0), rtol=1e-3, atol=1e-5)
    assert there.status.ok
    assert back.status.value in ("step_underflow", "non_finite")


@pytest.mark.parametrize("mode", ["interpolated", "gauss"])
@pytest.mark.parametrize("size", [1e-9, 1e9])
def test_the_gradient_of_a_scaled_loss_is_the_scaled_gradient(mode: str, size: float) -> None:
    """An adjoint as small as atol would otherwise be lost in it, and a large one cost steps."""
    found = []
    for scale in (1.0, size):
        y0 = STARTS.clone().requires_grad_()
        solution = solve(Perceptron(), y0, TIMES, rtol=1e-4, atol=1e-4, gradient=mode)
        (gradient,) = torch.autograd.grad(scale * solution.ys.square().sum(), y0)
        found.append((gradient / scale, solution.stats.nfe_backward))
    assert torch.allclose(found[0][0], found[1][0], rtol=1e-9)
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("mode", ["interpolated", "gauss"])
def test_no_cotangent_at_all_costs_little_and_is_zero(mode: str) -> None:
    y0 = STARTS.clone().requires_grad_()
    solution = solve(Perceptron(), y0, TIMES, gradient=mode)
    (found,) = torch.autograd.grad((0.0 * solution.ys).sum(), y0)
    assert torch.equal(found, torch.zeros_like(found))


def test_full_norm_lets_the_quadrature_steer_and_the_seminorm_does_not() -> None:
    def cost(mode: str, frequency: float) -> int:
        factor = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))

        def field(t: Tensor, y: Tensor) -> Tensor:
            return torch.stack((-y[..., 1], y[..., 0]), -1) + factor * torch.sin(frequency * t)

        solution = solve(field, STARTS, TIMES[[0, -1]], rtol=1e-5, gradient=mode, parameters=[factor])
        solution.ys.sum().backward()
        return solution.stats.nfe_backward

    assert cost("backsolve_full", 60.0) > 2 * cost("backsolve", 60.0)
    assert cost("backsolve_full", 1.0) < 2 * cost("backsolve", 1.0)


def test_gauss_takes_the_parameters_share_three_times_a_step_of_dopri5() -> None:
    costs = {}
    for mode in ("interpolated", "gauss"):
        _, solution = gradients(Perceptron(), TIMES, rtol=1e-8, gradient=mode)
        costs[mode] = solution.stats.nfe_backward
    steps = (costs["gauss"] - costs["interpolated"]) / 3
    assert steps == int(steps) > len(TIMES) - 3


@pytest.mark.parametrize("count", range(1, 8))
def test_gauss_legendre_rules_are_the_known_ones(count: int) -> None:
    nodes, known = np.polynomial.legendre.leggauss(count)
    rule = gauss_legendre(count)
    np.testing.assert_allclose(rule.nodes, (nodes + 1) / 2, atol=1e-15)
    np.testing.assert_allclose(rule.weights, known / 2, atol=1e-15)


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_a_kept_solution_is_the_one_that_dense_output_gives(method: Method, ts: Tensor) -> None:
    kept = KeptSolution(method)
    solution = solve(MODULATED.field, STARTS, ts, method=method, dt=0.13, rtol=1e-4, atol=1e-4, watch=kept)
    for time, state in zip(ts.tolist(), solution.ys, strict=True):
        assert torch.allclose(kept.at(time), state.flatten(), atol=1e-13)


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_tangents_make_the_very_steps_of_the_state(method: Method, ts: Tensor) -> None:
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    direct, plain = gradients(Perceptron(), ts, gradient="direct", **how)
    forward, pushed = gradients(Perceptron(), ts, gradient="forward", **how)
    assert (forward - direct).abs().max() < 1e-12 * max(1.0, float(direct.abs().max()))
    assert [step[:2] for step in pushed.stats.steps] == [step[:2] for step in plain.stats.steps]


@pytest.mark.parametrize("method", [KVAERNO3, RADAU5], ids=by_name)
def test_tangents_of_fixed_implicit_steps_are_those_of_the_discrete_solve(method: Method) -> None:
    how = {"method": method, "controller": "fixed", "dt": 0.06}
    expected, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    found, _ = gradients(Perceptron(), TIMES, gradient="forward", **how)
    assert (found - expected).abs().max() < 1e-9


def test_forward_goes_back_without_an_evaluation() -> None:
    solution = solve(Perceptron(), STARTS.clone().requires_grad_(), TIMES, gradient="forward")
    solution.ys.square().sum().backward()
    assert solution.stats.nfe_backward == 0
    assert solution.stats.backward_status is None


def test_rows_that_go_by_themselves_share_directions() -> None:
    many = STARTS.repeat(1 + MOST_DIRECTIONS // STARTS.numel(), 1)
    found = []
    for mode in ("checkpointed", "forward"):
        y0 = many.clone().requires_grad_()
        solution = solve(Perceptron(), y0, TIMES, gradient=mode, rowwise=True)
        found.append(flat(torch.autograd.grad(solution.ys.square().sum(), y0)))
    assert (found[0] - found[1]).abs().max() < 1e-12
    with pytest.raises(ValueError, match=f"here {many.numel()}; {MOST_DIRECTIONS} is the most.*rowwise=True"):
        solve(Perceptron(), many.clone().requires_grad_(), TIMES, gradient="forward")


@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 2)])
@pytest.mark.parametrize("mode", ADDED)
def test_states_of_any_shape_have_their_gradient(mode: str, shape: tuple[int, ...]) -> None:
    y0 = torch.full(shape, 0.4, dtype=torch.float64, requires_grad=True)
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    ys = solve(lambda t, y: -rate * y, y0, TIMES, rtol=1e-9, atol=1e-9, gradient=mode, parameters=[rate]).ys
    in_y0, in_rate = torch.autograd.grad(ys[-1].sum(), (y0, rate))
    assert torch.allclose(in_y0, torch.exp(-rate).expand(shape), atol=1e-7)
    assert float(in_rate) == pytest.approx(-float(ys[-1].detach().sum()), abs=1e-7)


def test_forward_needs_a_field_that_can_be_called() -> None:
    class Uncallable:
        def evaluate(self, t: float, y: Tensor) -> Tensor:
            return -y

        def linearise(self, t: float, y: Tensor) -> object:
            raise NotImplementedError

        def parameters(self) -> tuple[Tensor, ...]:
            return ()

    with pytest.raises(ValueError, match=r"make it callable as field\(t, y\)"):
        solve(Uncallable(), STARTS.clone().requires_grad_(), TIMES, gradient="forward")


def test_forward_leaves_alone_what_the_field_does_not_depend_on() -> None:
    unused = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    for field in (lambda t, y: torch.ones_like(y), lambda t, y: y * t):
        y0 = STARTS.clone().requires_grad_()
        solution = solve(field, y0, TIMES, gradient="forward", parameters=[unused])
        in_y0, in_unused = torch.autograd.grad(solution.ys[-1].sum(), (y0, unused), allow_unused=True)
        assert torch.equal(in_unused, torch.zeros(2, dtype=torch.float64))
        assert in_y0.abs().min() >= 1.0


@pytest.mark.parametrize("mode", ADDED)
def test_second_derivatives_are_refused_in_a_sentence(mode: str) -> None:
    y0 = STARTS.clone().requires_grad_()
    ys = solve(LIMIT_CYCLE.field, y0, TIMES, gradient=mode).ys
    (first,) = torch.autograd.grad(ys.square().sum(), y0, create_graph=True)
    with pytest.raises(RuntimeError, match=f'gradient="{mode}".*Use gradient="direct"'):
        first.sum().backward()


@pytest.mark.parametrize("mode", ADDED)
def test_a_field_that_closes_over_unannounced_tensors_is_refused(mode: str) -> None:
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    with pytest.raises(ValueError, match="Pass them as parameters="):
        solve(lambda t, y: -scale * y, STARTS, TIMES, gradient=mode)


@pytest.mark.parametrize("mode", ADDED)
def test_changing_parameters_before_backward_is_noticed(mode: str) -> None:
    field = Perceptron()
    solution = solve(field, STARTS, TIMES, gradient=mode)
    with torch.no_grad():
        field.inner.weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        solution.ys.sum().backward()


@pytest.mark.parametrize("mode", ADDED)
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
    for mode in ("direct", *ADDED):
        y0, times = starts.clone().requires_grad_(), ts.clone().requires_grad_()
        ys = solve(field, y0, times, rtol=tolerance, atol=tolerance, gradient=mode).ys
        leaves = (y0, times, *field.parameters())
        found[mode] = flat(torch.autograd.grad((ys * cotangents).sum(), leaves, materialize_grads=True))
    scale = 1 + float(found["direct"].norm())
    rounding = 1e-5 if single else 1e-12
    assert (found["forward"] - found["direct"]).norm() < rounding * scale
    for mode in CONTINUOUS:
        assert (found[mode] - found["direct"]).norm() < (300 * tolerance + rounding) * scale


def test_parts_of_a_state_are_measured_by_themselves() -> None:
    tolerance = Tolerance(rtol=0.0, atol=1.0)
    error, zero = torch.tensor([1.0, 1.0, 3.0, 3.0]), torch.zeros(4)
    assert LeadingPart(tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(1.0)
    assert EveryPart(tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(3.0)
    assert WithRest(LeadingPart(tolerance, 2), tolerance, 2).ratio([error], 1.0, zero, zero) == pytest.approx(3.0)
    assert WithRest(LeadingPart(tolerance, 2), tolerance, 2).norms([error], zero) == pytest.approx([3.0])
    error[3] = nan
    assert np.isnan(EveryPart(tolerance, 2).ratio([error], 1.0, zero, zero))
    assert np.isnan(WithRest(LeadingPart(tolerance, 2), tolerance, 2).ratio([error], 1.0, zero, zero))
