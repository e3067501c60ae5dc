"""A solution that is called: the method's own dense output, differentiable in time, start and parameters."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from solver import METHODS, Event, Solution, Status, solve
from solver.dense import lagrange_weights
from solver.method import Method
from tests.problems import LIMIT_CYCLE, MODULATED, STARTS, Linear, Perceptron

MODES = ["checkpointed", "direct", "backsolve", "backsolve_full", "interpolated", "gauss", "forward"]
SEPARABLE = ("symplectic_euler", "leapfrog", "yoshida4")  # whose states are halves that move in turn
GENERAL = [method for method in METHODS if method.name not in SEPARABLE]


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


def dense_solution(ts: Tensor, **how: object) -> Solution:
    return solve(MODULATED.field, MODULATED.y0, ts, dense=True, **how)


@pytest.mark.parametrize("ts", [tensor(0, 3), -tensor(0, 3)], ids=["rising", "falling"])
@pytest.mark.parametrize("method", GENERAL, ids=by_name)
def test_a_called_solution_is_the_state_that_would_have_been_saved(method: Method, ts: Tensor) -> None:
    asked = torch.linspace(float(ts[0]), float(ts[1]), 101, dtype=torch.float64)
    how = {"method": method, "rtol": 1e-4, "atol": 1e-4, "dt": 0.11}
    dense = dense_solution(ts, **how)
    saved = solve(MODULATED.field, MODULATED.y0, asked, **how)
    assert torch.allclose(dense(asked), saved.ys, atol=1e-13, rtol=0)


def test_dense_output_costs_no_evaluation_where_the_interpolant_is_free_and_changes_no_state() -> None:
    ts = tensor(0, 0.3, 2)
    plain = solve(MODULATED.field, MODULATED.y0, ts)
    dense = dense_solution(ts)
    assert dense.stats == plain.stats
    assert torch.equal(dense.ys, plain.ys)
    assert plain.dense is None


def test_times_may_be_of_any_shape_and_states_too() -> None:
    for y0 in (torch.ones(()), torch.ones(3), torch.ones(2, 3, 4)):
        solution = solve(lambda t, y: -y, y0, torch.tensor([0.0, 1.0]), dense=True)
        assert solution(0.5).shape == y0.shape
        assert solution(0.5).dtype == torch.float32
        assert solution(torch.rand(5)).shape == (5, *y0.shape)
        assert solution(torch.rand(4, 1, 2)).shape == (4, 1, 2, *y0.shape)
        assert solution(torch.rand(0)).shape == (0, *y0.shape)
        assert torch.allclose(solution(torch.tensor([0.0, 1.0])), solution.ys, atol=1e-6)


@pytest.mark.parametrize("how", [{}, {"per_sample": True}], ids=["together", "each by itself"])
def test_a_time_that_is_a_number_keeps_all_its_digits(how: dict[str, bool]) -> None:
    """0.3 is another number in float32, and 1.1 of float32 is later than the solve's end."""
    solution = solve(lambda t, y: -y, torch.ones(1, 1, dtype=torch.float64), tensor(0, 1.1), dense=True, **how)
    for t in (0.3, 1.1):
        assert torch.equal(solution(t), solution(tensor(t))[0])


@pytest.mark.parametrize("asked", [-0.01, 1.0001, float("nan"), tensor(0.2, 1.1)])
def test_times_out_of_range_are_refused_with_the_range(asked: Tensor | float) -> None:
    solution = dense_solution(tensor(0, 1))
    with pytest.raises(ValueError, match=r"from t = 0\.0 to 1\.0"):
        solution(asked)


def test_a_solution_that_kept_nothing_says_how_to_keep_it() -> None:
    with pytest.raises(ValueError, match="dense=True"):
        solve(MODULATED.field, MODULATED.y0, tensor(0, 1))(0.5)


def test_a_solve_that_stopped_is_known_up_to_where_it_stopped() -> None:
    solution = solve(lambda t, y: y * y, tensor(1), tensor(0, 0.5, 2), rtol=1e-6, dense=True, max_steps=12)
    assert solution.status is Status.max_steps
    end = float(solution.dense.times[-1])
    assert 0 < end < 1
    assert solution(end / 2).item() == pytest.approx(1 / (1 - end / 2), rel=1e-4)
    with pytest.raises(ValueError, match="known from"):
        solution(1.0)


def test_a_solve_without_a_step_is_known_at_its_start() -> None:
    solution = dense_solution(tensor(1, 1))
    assert torch.equal(solution(tensor(1, 1)), solution.ys)
    with pytest.raises(ValueError, match="known from"):
        solution(1.5)


@pytest.mark.parametrize("mode", MODES)
def test_a_terminal_event_ends_the_range(mode: str) -> None:
    def harmonic(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((y[1], -y[0]))

    events = [Event(lambda t, y: y[0]), Event(lambda t, y: y[0] - 0.5, terminal=False)]
    solution = solve(harmonic, tensor(1, 0), tensor(0, 9), events=events, dense=True, rtol=1e-9, gradient=mode)
    assert [record.index for record in solution.events] == [1, 0]
    end = solution.events[-1].t
    asked = torch.linspace(0, float(end), 50, dtype=torch.float64)
    assert torch.allclose(solution(asked)[:, 0], torch.cos(asked), atol=1e-7)
    assert torch.allclose(solution(end), solution.events[-1].y)
    with pytest.raises(ValueError, match="known from"):
        solution(float(end) + 1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", "tsit5", "dop853", "rk4", "ab3"])
def test_gradients_of_a_called_solution_match_the_closed_form(method: str, mode: str) -> None:
    field, asked = Linear(), tensor(0.05, 0.4, 0.99, 0.4)
    how = {"dt": 1e-3} if method in ("rk4", "ab3") else {"rtol": 1e-11, "atol": 1e-11}
    weight = torch.randn(4, *STARTS.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def gradients(states_at: object) -> Tensor:
        y0, times = STARTS.clone().requires_grad_(), asked.clone().requires_grad_()
        loss = (weight * states_at(y0, times)).sum()
        return torch.cat([x.flatten() for x in torch.autograd.grad(loss, (y0, times, field.matrix))])

    def called(y0: Tensor, times: Tensor) -> Tensor:
        return solve(field, y0, tensor(0, 1), method=method, gradient=mode, dense=True, **how)(times)

    def exact(y0: Tensor, times: Tensor) -> Tensor:
        return field.exact(y0, torch.cat((tensor(0), times)))[1:]

    assert torch.allclose(gradients(called), gradients(exact), atol=2e-6 if method in ("rk4", "ab3") else 1e-8)


def test_checkpointed_gives_the_gradient_that_direct_gives() -> None:
    field, asked = Perceptron(), tensor(0.1, 0.73, 1.9)

    def gradient(mode: str) -> Tensor:
        y0 = STARTS.clone().requires_grad_()
        states = solve(field, y0, tensor(0, 2), gradient=mode, dense=True)(asked)
        return torch.cat([x.flatten() for x in torch.autograd.grad(states.square().sum(), (y0, *field.parameters()))])

    assert torch.allclose(gradient("checkpointed"), gradient("direct"), atol=1e-12)


def test_the_derivative_in_time_is_the_field_and_can_be_taken_twice() -> None:
    solution = solve(LIMIT_CYCLE.field, LIMIT_CYCLE.y0, tensor(0, 3), rtol=1e-10, atol=1e-10, dense=True)
    t = tensor(0, 0.4, 1.7, 3).requires_grad_()
    states = solution(t)
    (rate,) = torch.autograd.grad(states[..., 0].sum(), t, create_graph=True)
    assert torch.allclose(rate, LIMIT_CYCLE.field(t, states)[..., 0].sum(-1), atol=1e-6)
    (acceleration,) = torch.autograd.grad(rate.sum(), t)
    assert acceleration.isfinite().all()


@given(degree=st.integers(1, 8), thetas=st.lists(st.floats(0, 1), min_size=1, max_size=5), data=st.data())
@settings(deadline=None)
def test_interpolation_gives_any_polynomial_of_the_degree_back(degree: int, thetas: list[float], data: st.DataObject):
    from solver.dense import chebyshev_nodes

    coefficients = data.draw(st.lists(st.floats(-1, 1), min_size=degree + 1, max_size=degree + 1))
    at, nodes = tensor(*thetas), tensor(*chebyshev_nodes(degree))

    def polynomial(x: Tensor) -> Tensor:
        return sum((c * x**power for power, c in enumerate(coefficients)), torch.zeros_like(x))

    assert torch.allclose(lagrange_weights(at, degree) @ polynomial(nodes), polynomial(at), atol=1e-13)
