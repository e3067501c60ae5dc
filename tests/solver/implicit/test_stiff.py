"""Stiff fields are solved to the tolerance in few steps; failing Newton means smaller ones, or a status."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, log2

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from solver import METHODS, Gradients, Solution, Status, solve
from solver.implicit.jacobians import MOST_COUPLED
from solver.method import ImplicitRungeKutta
from tests.problems import LIMIT_CYCLE, MODULATED
from tests.stiff_problems import STIFF_PROBLEMS, StiffProblem, van_der_pol

STIFF = [method for method in METHODS if isinstance(method, ImplicitRungeKutta)]
ADAPTIVE = [method for method in STIFF if method.adaptive]
DAMPING = [method for method in STIFF if method.name != "trapezoidal"]
NAMED = {problem.name: problem for problem in STIFF_PROBLEMS}


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(value: object) -> str:
    return getattr(value, "name", "")


def solved(problem: StiffProblem, tolerance: float, **how: object) -> Solution:
    atol = tolerance * min(problem.size)
    how = {"max_steps": 20_000, **how}
    return solve(problem.field, problem.y0, times(0, problem.t1), rtol=tolerance, atol=atol, **how)


def error_in_tolerances(problem: StiffProblem, solution: Solution, tolerance: float) -> float:
    end, size = (torch.tensor(row, dtype=torch.float64) for row in (problem.end, problem.size))
    return float(((solution.ys[-1] - end).abs() / (end.abs() + size)).max()) / tolerance


@pytest.mark.parametrize("problem", STIFF_PROBLEMS, ids=by_name)
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_stiff_problems_end_within_twenty_tolerances(method: ImplicitRungeKutta, problem: StiffProblem) -> None:
    solution = solved(problem, 1e-4, method=method)
    assert solution.status.ok
    assert error_in_tolerances(problem, solution, 1e-4) < 20
    assert solution.stats.nfe_forward < 7000


@pytest.mark.slow
@pytest.mark.parametrize("tolerance", [1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("problem", STIFF_PROBLEMS, ids=by_name)
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_so_they_do_at_tight_tolerances(method: ImplicitRungeKutta, problem: StiffProblem, tolerance: float) -> None:
    solution = solved(problem, tolerance, method=method)
    assert solution.status.ok
    assert error_in_tolerances(problem, solution, tolerance) < 20


@pytest.mark.slow
@pytest.mark.parametrize("problem", STIFF_PROBLEMS, ids=by_name)
@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_radau_costs_what_scipys_does_and_is_as_accurate(problem: StiffProblem, tolerance: float) -> None:
    solution = solved(problem, tolerance, method="radau5")
    theirs = solve_ivp(
        lambda t, y: problem.field(torch.tensor(t), torch.from_numpy(np.ascontiguousarray(y))).numpy(),
        (0, problem.t1),
        np.array(problem.start),
        method="Radau",
        rtol=tolerance,
        atol=tolerance * min(problem.size),
    )
    assert solution.stats.nfe_forward < 1.3 * theirs.nfev
    assert solution.stats.accepted < 1.1 * len(theirs.t)
    assert error_in_tolerances(problem, solution, tolerance) < 1


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_outputs_on_the_way_agree_with_scipys_radau(method: ImplicitRungeKutta) -> None:
    """Van der Pol's equation, through two jumps; the outputs fall inside steps."""
    ts = torch.linspace(0, 1500, 41, dtype=torch.float64)
    theirs = solve_ivp(
        lambda t, y: van_der_pol(torch.tensor(t), torch.from_numpy(np.ascontiguousarray(y))).numpy(),
        (0, 1500),
        [2.0, 0.0],
        method="Radau",
        rtol=1e-9,
        atol=1e-11,
        t_eval=ts.numpy(),
    )
    ours = solve(van_der_pol, times(2, 0), ts, method=method, rtol=1e-5, atol=1e-8)
    assert (ours.ys[:, 0] - torch.from_numpy(theirs.y[0])).abs().max() < 3e-4


def test_an_explicit_method_would_need_a_million_steps() -> None:
    problem = NAMED["van_der_pol"]
    explicit = solved(problem, 1e-4, method="dopri5", max_steps=4000)
    implicit = solved(problem, 1e-4, method="radau5")
    assert explicit.status is Status.max_steps
    last = explicit.stats.steps[-1]
    assert 4000 * problem.t1 / last.t > 1e6
    assert implicit.stats.accepted < 500


def fast_decay(t: Tensor, y: Tensor) -> Tensor:
    return -1e6 * (y - torch.cos(t))


@pytest.mark.parametrize("method", DAMPING, ids=by_name)
def test_large_fixed_steps_fall_onto_the_slow_solution_at_once(method: ImplicitRungeKutta) -> None:
    """L-stability: y = 3 is a million time constants away from cos t."""
    ts = torch.linspace(0, 2, 21, dtype=torch.float64)
    solution = solve(fast_decay, times(3), ts, method=method, controller="fixed", dt=0.1)
    assert solution.status.ok
    assert (solution.ys[2:, 0] - torch.cos(ts[2:])).abs().max() < 1e-5


def test_the_trapezoidal_rule_rings_there() -> None:
    solution = solve(fast_decay, times(3), times(0, 1.9, 2), method="trapezoidal", dt=0.1)
    late = solution.ys[1:, 0] - torch.cos(solution.ts[1:])
    assert late.abs().min() > 1.9
    assert late[0] * late[1] < 0


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_adaptive_steps_through_a_fast_transient_keep_the_tolerance_where_they_end(method: ImplicitRungeKutta) -> None:
    """Between ends of steps as large as 1, which the stiffness makes exact, dense output is not; so is scipy's."""
    ts = times(0, 2)
    solution = solve(fast_decay, times(3), ts, method=method, rtol=1e-6, atol=1e-6)
    assert float(solution.ys[1]) == pytest.approx(float(torch.cos(ts[1])), abs=2e-6)
    assert solution.stats.nfe_forward < 600


def prothero_robinson_order(method: ImplicitRungeKutta, rate: float) -> float:
    """The order seen on y' = rate (y - sin t) + cos t, whose solution is sin t, when steps of .1 are halved."""
    errors = []
    for steps in (20, 40):
        solution = solve(
            lambda t, y: rate * (y - torch.sin(t)) + torch.cos(t),
            times(0.5).sin(),
            times(0.5, 2.5),
            method=method,
            controller="fixed",
            dt=2 / steps,
        )
        errors.append(float((solution.ys[-1] - torch.sin(times(2.5))).abs()))
    return log2(errors[0] / errors[1])


@pytest.mark.parametrize(
    ("name", "lowest"),
    [("implicit_euler", 1.0), ("trapezoidal", 2.0), ("kvaerno3", 2.0), ("kvaerno5", 2.0), ("radau5", 3.0)],
)
def test_the_order_falls_no_lower_than_the_stages_own_where_dt_is_far_beyond_the_time_constant(
    name: str, lowest: float
) -> None:
    """Prothero and Robinson's problem: order reduction, see Hairer, Wanner II, IV.15."""
    (method,) = (each for each in STIFF if each.name == name)
    assert prothero_robinson_order(method, -1e5) > lowest - 0.15


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_the_full_order_returns_where_it_is_not(method: ImplicitRungeKutta) -> None:
    assert prothero_robinson_order(method, -1.0) == pytest.approx(method.order, abs=0.3)


def stiff_but_says_it_is_not(t: Tensor, y: Tensor) -> Tensor:
    """A field whose Jacobian autograd takes for zero, so that Newton's method fails for dt > 1/1000."""
    return -1000.0 * (y.detach() - torch.cos(t))


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_where_newtons_method_fails_the_step_is_rejected_and_a_smaller_one_tried(method: ImplicitRungeKutta) -> None:
    ts = times(0, 0.1)
    solution = solve(stiff_but_says_it_is_not, times(1), ts, method=method, rtol=1e-4, atol=1e-4, dt=0.05)
    assert solution.status.ok
    failed = [step for step in solution.stats.steps if isnan(step.error_ratio)]
    assert failed and not any(step.accepted for step in failed)
    assert failed[0].dt == 0.05
    assert float(solution.ys[-1]) == pytest.approx(float(torch.cos(ts[-1])), abs=1e-3)


@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_a_fixed_step_that_newtons_method_cannot_solve_is_a_status(method: ImplicitRungeKutta, gradient: str) -> None:
    how = {"method": method, "controller": "fixed", "dt": 0.1, "gradient": gradient}
    solution = solve(stiff_but_says_it_is_not, times(0).requires_grad_(), times(0, 1), **how)
    assert solution.status is Status.newton_failure
    assert solution.reached == 0
    assert solution.ys[1].isnan().all()


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_a_singular_matrix_is_no_exception(method: ImplicitRungeKutta) -> None:
    """With the first dt, I - γ dt J is exactly zero."""
    gamma = method.filter or 1.0
    solution = solve(lambda t, y: y / (gamma * 0.5), times(1), times(0, 1), method=method, dt=0.5, rtol=1e-6)
    assert solution.status.ok
    assert float(solution.ys[-1].log()) == pytest.approx(2 / gamma, rel=1e-4)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_samples_of_different_stiffness_share_their_steps(method: ImplicitRungeKutta) -> None:
    rates = torch.logspace(0, 6, 7, dtype=torch.float64)[:, None] * times(1, 3)

    def field(t: Tensor, y: Tensor) -> Tensor:
        return -rates * (y - torch.cos(t)) - torch.sin(t)

    ts = times(0, 0.7, 2)
    solution = solve(field, torch.ones(7, 2, dtype=torch.float64), ts, method=method, dt=0.01, rtol=1e-6, atol=1e-6)
    assert solution.status.ok
    assert solution.stats.nfe_forward < 8000
    exact = torch.cos(ts)[:, None, None]
    assert (solution.ys - exact).abs().max() < (1e-2 if method.order == 1 else 1e-4)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_single_precision_suffices_for_loose_tolerances(method: ImplicitRungeKutta) -> None:
    y0 = torch.tensor([[2.0, 0.0], [1.5, 0.0]])
    ts = torch.tensor([0.0, 0.5])
    solution = solve(lambda t, y: van_der_pol(t, y), y0, ts, method=method, rtol=1e-4, atol=1e-5, dt=0.005)
    exact = solve(van_der_pol, y0.double(), ts.double(), method="radau5", rtol=1e-9, atol=1e-9)
    assert solution.status.ok
    assert solution.ys.dtype == torch.float32
    assert (solution.ys[-1] - exact.ys[-1]).abs().max() < 1e-3


def mean_field(t: Tensor, y: Tensor) -> Tensor:
    """Samples that attract one another a thousand times faster than they decay."""
    return -1000.0 * (y - y.mean(0)) - y


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_samples_that_depend_on_one_another_are_solved_as_one(method: ImplicitRungeKutta) -> None:
    y0 = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], dtype=torch.float64)
    solution = solve(mean_field, y0, times(0, 1), method=method, dt=0.005, rtol=1e-6, atol=1e-6)
    assert solution.status.ok
    exact = y0.mean(0) * torch.exp(times(-1.0))
    assert (solution.ys[-1] - exact).abs().max() < (5e-3 if method.order == 1 else 1e-4)
    flat = solve(
        lambda t, y: mean_field(t, y.view(3, 2)).flatten(),
        y0.flatten(),
        times(0, 1),
        method=method,
        dt=0.005,
        rtol=1e-6,
        atol=1e-6,
    )
    assert torch.allclose(solution.ys.flatten(1), flat.ys, atol=1e-12)
    assert solution.stats.jacobians_forward == flat.stats.jacobians_forward


def test_a_jacobian_too_large_to_be_made_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"Give y0 the shape \(samples, dim\)"):
        solve(lambda t, y: -y, torch.ones(MOST_COUPLED + 1), times(0, 1), method="radau5")


class OwnDerivative:
    """The limit cycle as a field that differentiates itself, and counts how often it is asked."""

    def __init__(self) -> None:
        self.evaluations = 0

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        self.evaluations += 1
        return LIMIT_CYCLE.field(torch.tensor(t), y)

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Callable[[Tensor], Gradients]]:
        self.evaluations += 1
        dy, pull = torch.func.vjp(lambda state: LIMIT_CYCLE.field(torch.tensor(t), state), y)
        return dy, lambda cotangent: Gradients(None, pull(cotangent)[0], ())

    def parameters(self) -> tuple[Tensor, ...]:
        return ()


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_every_form_of_a_field_has_the_same_jacobian(method: ImplicitRungeKutta) -> None:
    how = {"method": method, "dt": 0.05, "rtol": 1e-6, "atol": 1e-6}
    plain = solve(LIMIT_CYCLE.field, LIMIT_CYCLE.y0, times(0, 1), **how)
    rowwise = solve(LIMIT_CYCLE.field, LIMIT_CYCLE.y0, times(0, 1), rowwise=True, **how)
    own = OwnDerivative()
    differentiable = solve(own, LIMIT_CYCLE.y0, times(0, 1), **how)
    assert torch.allclose(plain.ys, rowwise.ys, atol=1e-14)
    assert torch.allclose(plain.ys, differentiable.ys, atol=1e-14)
    assert differentiable.stats.nfe_forward == own.evaluations
    assert plain.stats.jacobians_forward == rowwise.stats.jacobians_forward == differentiable.stats.jacobians_forward


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_a_jacobian_lasts_while_newtons_method_converges_fast(method: ImplicitRungeKutta) -> None:
    stats = solve(MODULATED.field, MODULATED.y0, times(0, 1), method=method, rtol=1e-7, atol=1e-7).stats
    assert 0 < stats.jacobians_forward < 0.7 * stats.accepted
    assert all(step.newton_iterations > 0 for step in stats.steps)


def test_fixed_steps_of_a_linear_field_take_one_newton_iteration_and_one_that_sees_that_it_was_enough() -> None:
    stats = solve(MODULATED.field, MODULATED.y0, times(0, 1), method="implicit_euler", dt=0.1).stats
    assert {step.newton_iterations for step in stats.steps} == {2}
    assert stats.jacobians_forward == 20
