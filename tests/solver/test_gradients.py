"""Gradients of all modes: against closed forms, against finite differences, against one another."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest
import torch
from torch import Tensor

from solver import METHODS, DifferentiableField, Gradients, Solution, solve
from solver.gradients.checkpointed import Checkpointed
from solver.method import Method, Symplectic
from tests.problems import LIMIT_CYCLE, STARTS, Linear, Perceptron

MODES = ["checkpointed", "direct", "backsolve", "backsolve_full", "interpolated", "gauss", "forward"]
ADAPTIVE = [method for method in METHODS if method.adaptive]
GENERAL = [method for method in METHODS if not isinstance(method, Symplectic)]
"""Those of their order on any field; see test_symplectic for the others."""
TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)


class AnalyticLinear(torch.nn.Module):
    """y' = (1 + t²) y Aᵀ, which knows its own derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor([[-0.3, 1.1], [-0.9, -0.2]], dtype=torch.float64))
        self.pullbacks = 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return (1 + t * t) * (y @ self.matrix.t())

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        assert not torch.is_grad_enabled() or not y.requires_grad
        return (1 + t * t) * (y @ self.matrix.detach().t())

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Callable[[Tensor], Gradients]]:
        def pullback(cotangent: Tensor) -> Gradients:
            self.pullbacks += 1
            scaled = (1 + t * t) * cotangent
            return Gradients(None, scaled @ self.matrix.detach(), (scaled.t() @ y,))

        return self.evaluate(t, y), pullback


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


@pytest.mark.parametrize("ts", [TIMES, -TIMES], ids=["rising", "falling"])
@pytest.mark.parametrize("mode", MODES)
def test_gradients_match_the_closed_form_on_a_linear_field(mode: str, ts: Tensor) -> None:
    field = Linear()
    y0, moving = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    exact = (field.exact(y0, moving) * weights(len(ts))).sum()
    expected = flat(torch.autograd.grad(exact, (y0, moving, field.matrix)))
    found, _ = gradients(field, ts, method="dop853", rtol=1e-11, atol=1e-11, gradient=mode)
    assert torch.allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dop853"])
def test_backsolve_is_within_a_hundred_tolerances_of_the_closed_form(method: str, tolerance: float) -> None:
    field = Linear()
    y0, moving = STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_()
    exact = (field.exact(y0, moving) * weights(len(TIMES))).sum()
    expected = flat(torch.autograd.grad(exact, (y0, moving, field.matrix)))
    found, _ = gradients(field, TIMES, method=method, rtol=tolerance, atol=tolerance, gradient="backsolve")
    assert (found - expected).abs().max() < 100 * tolerance


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


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("make_field", [Perceptron, AnalyticLinear])
@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_checkpointed_equals_direct_to_1e12(
    method: Method, make_field: Callable[[], torch.nn.Module], ts: Tensor
) -> None:
    field = make_field()
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    direct, _ = gradients(field, ts, gradient="direct", **how)
    checkpointed, _ = gradients(field, ts, gradient="checkpointed", **how)
    assert (checkpointed - direct).abs().max() < 1e-12 * max(1.0, float(direct.abs().max()))


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_checkpointed_equals_direct_with_fixed_steps_of_an_adaptive_method(method: Method) -> None:
    how = {"method": method, "controller": "fixed", "dt": 0.06}
    direct, _ = gradients(Perceptron(), TIMES, gradient="direct", **how)
    checkpointed, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    assert (checkpointed - direct).abs().max() < 1e-12


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_all_steps_at_once_give_the_gradient_and_the_count_of_one_by_one(method: Method, ts: Tensor) -> None:
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    one_by_one, plain = gradients(Perceptron(), ts, gradient=Checkpointed(graph_bytes=0), **how)
    at_once, parallel = gradients(Perceptron(), ts, rowwise=True, **how)
    assert (at_once - one_by_one).abs().max() < 1e-12
    assert parallel.stats.nfe_backward == plain.stats.nfe_backward


def test_all_steps_at_once_are_taken_in_parts_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, _ = gradients(Perceptron(), TIMES, rtol=1e-8)
    monkeypatch.setattr("solver.gradients.parallel_adjoint.ROWS_AT_ONCE", 40)
    at_once, _ = gradients(Perceptron(), TIMES, rtol=1e-8, rowwise=True)
    assert (at_once - one_by_one).abs().max() < 1e-12


def test_all_steps_at_once_call_the_field_a_few_times_only() -> None:
    field, calls = Perceptron(), []
    field.register_forward_hook(lambda *_: calls.append(1))
    solution = solve(field, STARTS, TIMES, rtol=1e-8, rowwise=True)
    calls.clear()
    solution.ys[-1].sum().backward()
    assert solution.stats.nfe_backward > 6 * 5
    assert len(calls) <= 2


def test_large_batches_are_pulled_back_step_by_step_even_when_rowwise() -> None:
    field, y0 = Perceptron(), STARTS.repeat(100, 1)
    found = []
    for rowwise in (False, True):
        solve(field, y0, TIMES, rowwise=rowwise).ys.square().sum().backward()
        found.append(field.inner.weight.grad.clone())
        field.zero_grad()
    assert torch.equal(*found)


@pytest.mark.parametrize("make_field", [Linear, Perceptron])
def test_rowwise_needs_neither_parameters_nor_time(make_field: Callable[[], torch.nn.Module]) -> None:
    field = make_field().requires_grad_(False)
    y0, expected = STARTS.clone().requires_grad_(), STARTS.clone().requires_grad_()
    solve(field, y0, TIMES, rowwise=True).ys.square().sum().backward()
    solve(field, expected, TIMES, gradient="direct").ys.square().sum().backward()
    assert torch.allclose(y0.grad, expected.grad, atol=1e-12)


def test_rowwise_allows_fields_that_ignore_the_state() -> None:
    y0 = STARTS.clone().requires_grad_()
    solve(lambda t, y: torch.ones_like(y), y0, TIMES, rowwise=True).ys.sum().backward()
    assert torch.allclose(y0.grad, torch.full_like(y0, len(TIMES)))


@pytest.mark.parametrize("method", GENERAL, ids=by_name)
def test_backsolve_approaches_checkpointed_for_every_method(method: Method) -> None:
    how = {"method": method, "rtol": 1e-7, "atol": 1e-7, "dt": 1e-3 if method.order == 1 else 0.01}
    exact, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    backsolve, _ = gradients(Perceptron(), TIMES, gradient="backsolve", **how)
    assert (backsolve - exact).abs().max() < (2e-2 if method.order == 1 else 1e-3)


@pytest.mark.parametrize("mode", MODES)
def test_a_field_with_its_own_derivative_gets_the_gradient_of_autograd(mode: str) -> None:
    field = AnalyticLinear()
    assert isinstance(field, DifferentiableField)
    own, solution = gradients(field, TIMES, rtol=1e-7, gradient=mode)
    plain, _ = gradients_through_a_plain_callable(field, mode)
    assert torch.allclose(own, plain, atol=1e-12)
    assert (field.pullbacks > 0) == (mode not in ("direct", "forward"))  # these go through the field's operations
    assert solution.stats.nfe_backward >= field.pullbacks


def gradients_through_a_plain_callable(field: AnalyticLinear, mode: str) -> tuple[Tensor, Solution]:
    y0, ts = STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_()
    solution = solve(lambda t, y: field(t, y), y0, ts, rtol=1e-7, gradient=mode, parameters=field.parameters())
    return flat(torch.autograd.grad((solution.ys * weights(len(ts))).sum(), (y0, ts, field.matrix))), solution


@pytest.mark.parametrize("method", ["bosh3", "dopri5", "tsit5", "dop853", "rk4", "ab4"])
def test_gradcheck_accepts_the_checkpointed_gradient(method: str) -> None:
    field = Perceptron(3)

    def states(y0: Tensor, *_: Tensor) -> Tensor:
        return solve(field, y0, TIMES, method=method, controller="fixed", dt=0.1).ys

    assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


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


@pytest.mark.parametrize(
    ("method", "stages"), [("dopri5", 6), ("tsit5", 6), ("bosh3", 3), ("dop853", 12), ("rk4", 4), ("euler", 1)]
)
def test_checkpointed_evaluates_only_the_stages_that_advance(method: str, stages: int) -> None:
    again = Checkpointed(graph_bytes=0)
    solution = solve(Perceptron(), STARTS, TIMES[[0, -1]], method=method, dt=0.1, gradient=again)
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward == stages * solution.stats.accepted


def test_states_saved_inside_steps_cost_the_checkpointed_gradient_nothing() -> None:
    solution = solve(Perceptron(), STARTS, torch.cat((TIMES[:-1], TIMES[-1:])), dt=0.3, controller="fixed")
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward <= 6 * solution.stats.accepted + 1


@pytest.mark.parametrize("mode", ["checkpointed", "backsolve"])
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


def test_direct_reaches_tensors_that_the_field_closes_over() -> None:
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    solve(lambda t, y: -scale * y, STARTS, TIMES, gradient="direct").ys.sum().backward()
    assert scale.grad is not None


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


@pytest.mark.parametrize("mode", ["checkpointed", "backsolve"])
def test_changing_parameters_before_backward_is_noticed(mode: str) -> None:
    field = Perceptron()
    solution = solve(field, STARTS, TIMES, gradient=mode)
    with torch.no_grad():
        field.inner.weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        solution.ys.sum().backward()


def test_changing_the_start_after_the_solve_does_not_change_the_gradient() -> None:
    field, y0 = Perceptron(), STARTS.clone()
    solution = solve(field, y0, TIMES)
    y0.zero_()
    solution.ys.sum().backward()
    found = field.inner.weight.grad.clone()
    field.zero_grad()
    solve(field, STARTS, TIMES).ys.sum().backward()
    assert torch.equal(found, field.inner.weight.grad)


@pytest.mark.parametrize("mode", ["checkpointed", "backsolve"])
def test_second_derivatives_are_refused_in_a_sentence(mode: str) -> None:
    y0 = STARTS.clone().requires_grad_()
    ys = solve(LIMIT_CYCLE.field, y0, TIMES, gradient=mode).ys
    (first,) = torch.autograd.grad(ys.square().sum(), y0, create_graph=True)
    with pytest.raises(RuntimeError, match='Use gradient="direct"'):
        first.sum().backward()


def test_direct_gives_second_derivatives() -> None:
    def states(y0: Tensor) -> Tensor:
        return solve(LIMIT_CYCLE.field, y0, TIMES[[0, 2, 3]], dt=0.2, controller="fixed", gradient="direct").ys

    assert torch.autograd.gradgradcheck(states, STARTS[:1].clone().requires_grad_())


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


def test_backsolve_tells_how_far_it_drifted() -> None:
    y0 = STARTS.clone().requires_grad_()
    drifts = []
    for tolerance in (1e-4, 1e-8):
        solution = solve(LIMIT_CYCLE.field, y0, TIMES, rtol=tolerance, atol=tolerance, gradient="backsolve")
        assert solution.stats.drift is None
        solution.ys.sum().backward()
        drifts.append(solution.stats.drift)
    assert 0 < drifts[1] < drifts[0] < 1e-3


def test_backsolve_carries_its_step_size_from_one_interval_to_the_next() -> None:
    field, y0 = Perceptron(), STARTS.clone().requires_grad_()
    few, many = (
        solve(field, y0, torch.linspace(0, 4, count, dtype=torch.float64), rtol=1e-7, gradient="backsolve")
        for count in (2, 11)
    )
    for solution in (few, many):
        solution.ys[-1].sum().backward()
    # one evaluation chooses a first step, once; after that an interval costs its steps and one first slope
    assert many.stats.nfe_backward <= few.stats.nfe_backward + 10 * 7


def test_the_parameter_quadrature_does_not_steer_backsolve() -> None:
    def cost(scale: float) -> int:
        factor = torch.nn.Parameter(torch.full((2,), 1e-9 * scale, dtype=torch.float64))

        def field(t: Tensor, y: Tensor) -> Tensor:
            return torch.cos(t) * torch.stack((-y[..., 1], y[..., 0]), -1) + (factor / scale) * torch.sin(30 * t) * 1e-6

        y0 = STARTS.clone().requires_grad_()
        solution = solve(field, y0, TIMES, rtol=1e-6, gradient="backsolve", parameters=[factor])
        solution.ys.sum().backward()
        return solution.stats.nfe_backward

    assert cost(1.0) == cost(1e-9)


def test_backsolve_that_fails_gives_nan_and_says_so() -> None:
    y0 = torch.full((1,), 0.5, dtype=torch.float64, requires_grad=True)
    ts = torch.tensor([0.0, 5.0], dtype=torch.float64)
    solution = solve(lambda t, y: -(y**3) * 40, y0, ts, gradient="backsolve", rtol=1e-2, atol=1e-2)
    assert solution.status.ok
    solution.ys.sum().backward()  # backwards, the cubic decay blows up
    status = solution.stats.backward_status
    assert status is not None
    assert not status.ok
    assert y0.grad.isnan().all()
