"""What solve() returns: the right states at the asked times, at the announced cost."""

from __future__ import annotations

import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from solver import METHODS, solve
from solver.method import Method, RungeKutta
from tests.problems import KNOWN_PROBLEMS, LIMIT_CYCLE, MODULATED, KnownProblem, Perceptron

ADAPTIVE = [method for method in METHODS if method.adaptive]
TIGHT_ENOUGH = [method for method in ADAPTIVE if method.order > 2]


class Counting:
    """A field that counts its own evaluations."""

    def __init__(self, problem: KnownProblem) -> None:
        self.problem = problem
        self.count = 0

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        self.count += 1
        return self.problem.field(t, y)


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


@pytest.mark.parametrize("problem", KNOWN_PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("method", TIGHT_ENOUGH, ids=by_name)
def test_adaptive_solves_stay_near_their_tolerance(method: Method, problem: KnownProblem) -> None:
    ts = torch.linspace(0, 5, 37, dtype=torch.float64)
    for tolerance in (1e-4, 1e-6):
        solution = solve(problem.field, problem.y0, ts, method=method, rtol=tolerance, atol=tolerance)
        assert solution.status.ok
        assert (solution.ys - problem.exact(ts)).abs().max() < 40 * tolerance


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_nfe_forward_is_what_the_field_counts(method: Method) -> None:
    field = Counting(MODULATED)
    solution = solve(field, MODULATED.y0, times(0, 0.31, 0.5, 2), method=method, dt=0.1, rtol=1e-4)
    assert solution.stats.nfe_forward == field.count


@pytest.mark.parametrize("controller", ["fixed", "I", "PI", "PID"])
def test_every_controller_counts_what_the_field_counts(controller: str) -> None:
    field = Counting(LIMIT_CYCLE)
    dt = 0.1 if controller == "fixed" else None
    solution = solve(field, LIMIT_CYCLE.y0, times(0, 1, 2), controller=controller, dt=dt)
    stats = solution.stats
    assert stats.nfe_forward == field.count
    assert (stats.accepted, stats.rejected) == (
        sum(step.accepted for step in stats.steps),
        sum(not step.accepted for step in stats.steps),
    )


@pytest.mark.parametrize("method", [m for m in METHODS if m.name != "dop853" and m.name != "verner76"], ids=by_name)
def test_output_times_cost_no_evaluations(method: Method) -> None:
    few = solve(MODULATED.field, MODULATED.y0, times(0, 2), method=method, dt=0.1)
    many = solve(MODULATED.field, MODULATED.y0, torch.linspace(0, 2, 501, dtype=torch.float64), method=method, dt=0.1)
    assert many.stats.nfe_forward == few.stats.nfe_forward
    assert [step.t for step in many.stats.steps] == [step.t for step in few.stats.steps]


def test_dop853_evaluates_three_stages_more_only_where_an_output_time_falls() -> None:
    def cost(*inside: float) -> int:
        ts = times(0, *inside, 2)
        stats = solve(MODULATED.field, MODULATED.y0, ts, method="dop853", controller="fixed", dt=0.5).stats
        return stats.nfe_forward

    assert cost() == cost(0.5, 1.0) == 4 * 12
    assert cost(0.6, 0.7) == 4 * 12 + 3
    assert cost(0.1, 0.6) == 4 * 12 + 6


def test_fsal_methods_save_an_evaluation_a_step() -> None:
    stats = solve(MODULATED.field, MODULATED.y0, times(0, 2), method="dopri5").stats
    assert stats.nfe_forward == 6 * len(stats.steps) + 2  # the first slope, and one to choose the first step


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_time_may_run_backwards(method: Method) -> None:
    ts = times(0, 0.7, 0.9, 2)
    forward = solve(MODULATED.field, MODULATED.y0, ts, method=method, dt=2e-3, rtol=1e-5, atol=1e-5)
    back = solve(MODULATED.field, forward.ys[-1], ts.flip(0), method=method, dt=2e-3, rtol=1e-5, atol=1e-5)
    assert back.status.ok
    assert (back.ys.flip(0) - forward.ys).abs().max() < (2e-2 if method.order == 1 else 5e-3)


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_repeated_times_give_repeated_states(method: Method) -> None:
    solution = solve(MODULATED.field, MODULATED.y0, times(0, 0, 0.33, 0.33, 1, 1), method=method, dt=0.1, rtol=1e-4)
    assert torch.equal(solution.ys[0], MODULATED.y0)
    assert torch.equal(solution.ys[0], solution.ys[1])
    assert torch.equal(solution.ys[2], solution.ys[3])
    assert torch.equal(solution.ys[4], solution.ys[5])
    assert not torch.equal(solution.ys[2], solution.ys[4])


@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
def test_a_single_time_gives_the_start_for_nothing(gradient: str) -> None:
    y0 = MODULATED.y0.clone().requires_grad_()
    solution = solve(MODULATED.field, y0, times(3), gradient=gradient)
    solution.ys.sum().backward()
    assert solution.status.ok
    assert solution.stats.nfe_forward == 0
    assert torch.equal(solution.ys[0], y0)
    assert torch.equal(y0.grad, torch.ones_like(y0))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_states_may_have_any_shape(shape: tuple[int, ...]) -> None:
    y0 = torch.full(shape, 2.0, dtype=torch.float64)
    solution = solve(lambda t, y: -y, y0, times(0, 1), rtol=1e-9, atol=1e-9)
    assert solution.ys.shape == (2, *shape)
    assert torch.allclose(solution.ys[-1], y0 * torch.exp(times(-1.0))[0], atol=1e-8)


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_float32_states_stay_float32(method: Method) -> None:
    ts = times(0, 0.5, 1)
    solution = solve(MODULATED.field, MODULATED.y0.float(), ts, method=method, dt=0.01, rtol=1e-5, atol=1e-5)
    assert solution.status.ok
    assert solution.ys.dtype == torch.float32
    tolerance = 5e-2 if method.order == 1 else 5e-3
    assert (solution.ys - MODULATED.exact(ts)).abs().max() < tolerance


def test_the_field_is_given_time_as_a_tensor_of_no_dimensions_and_the_state_in_its_shape() -> None:
    seen: list[tuple[torch.Size, torch.dtype, torch.Size]] = []

    def field(t: Tensor, y: Tensor) -> Tensor:
        seen.append((t.shape, t.dtype, y.shape))
        return -y

    solve(field, torch.ones(2, 3), times(0, 1))
    assert set(seen) == {(torch.Size([]), torch.float32, torch.Size([2, 3]))}


@pytest.mark.parametrize(("ours", "theirs"), [("dopri5", "RK45"), ("dop853", "DOP853"), ("bosh3", "RK23")])
def test_costs_about_what_scipy_does_at_the_same_tolerance_and_is_as_accurate(ours: str, theirs: str) -> None:
    problem, ts = LIMIT_CYCLE, times(0, 10)
    reference = solve_ivp(
        lambda t, y: problem.field(torch.tensor(t), torch.from_numpy(y).view(-1, 2)).flatten().numpy(),
        (0, 10),
        problem.y0.flatten().numpy(),
        method=theirs,
        rtol=1e-7,
        atol=1e-7,
    )
    solution = solve(problem.field, problem.y0, ts, method=ours, rtol=1e-7, atol=1e-7)
    assert solution.stats.nfe_forward == pytest.approx(reference.nfev, rel=0.25)
    ours_off = (solution.ys[-1] - problem.exact(ts)[-1]).abs().max()
    theirs_off = (torch.from_numpy(reference.y[:, -1]).view(-1, 2) - problem.exact(ts)[-1]).abs().max()
    assert ours_off < 10 * theirs_off


def test_fixed_steps_are_equal_and_no_larger_than_asked() -> None:
    solution = solve(MODULATED.field, MODULATED.y0, times(0, 1), method="rk4", dt=0.3)
    assert [step.dt for step in solution.stats.steps] == pytest.approx([0.25] * 4, abs=1e-15)


def test_fixed_steps_end_exactly_at_the_end_however_many() -> None:
    solution = solve(lambda t, y: torch.ones_like(y), torch.zeros(1), times(0, 0.7), method="euler", dt=1e-4)
    last = solution.stats.steps[-1]
    assert len(solution.stats.steps) == 7000
    assert last.t + last.dt == pytest.approx(0.7, abs=1e-15)


def test_the_first_step_is_as_given() -> None:
    solution = solve(MODULATED.field, MODULATED.y0, times(0, 1), dt=1e-3)
    assert solution.stats.steps[0].dt == 1e-3


def test_tighter_tolerances_cost_more_and_err_less() -> None:
    ts = times(0, 5)
    costs, errors = [], []
    for tolerance in (1e-3, 1e-5, 1e-7, 1e-9):
        solution = solve(LIMIT_CYCLE.field, LIMIT_CYCLE.y0, ts, rtol=tolerance, atol=tolerance)
        costs.append(solution.stats.nfe_forward)
        errors.append(float((solution.ys - LIMIT_CYCLE.exact(ts)).abs().max()))
    assert costs == sorted(costs)
    assert errors == sorted(errors, reverse=True)


def test_without_grad_nothing_is_recorded() -> None:
    field = Perceptron()
    with torch.no_grad():
        for gradient in ("checkpointed", "direct", "backsolve"):
            assert not solve(field, MODULATED.y0, times(0, 1), gradient=gradient).ys.requires_grad


def test_an_own_tableau_is_usable_at_once() -> None:
    own = RungeKutta("mine", "Mine", "My own.", next(m for m in METHODS if m.name == "rk4").tableau)
    mine = solve(MODULATED.field, MODULATED.y0, times(0, 1), method=own, dt=0.1)
    named = solve(MODULATED.field, MODULATED.y0, times(0, 1), method="rk4", dt=0.1)
    assert torch.equal(mine.ys, named.ys)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_cuda_gives_what_the_cpu_gives(method: Method, gradient: str) -> None:
    results = []
    for device in ("cpu", "cuda"):
        field, y0 = Perceptron().to(device), MODULATED.y0.to(device).requires_grad_()
        solution = solve(field, y0, times(0, 0.3, 1), method=method, dt=0.1, rtol=1e-4, gradient=gradient)
        solution.ys.square().sum().backward()
        results.append((solution.ys.detach().cpu(), y0.grad.cpu(), field.inner.weight.grad.cpu()))
    for on_cpu, on_cuda in zip(*results, strict=True):
        assert torch.allclose(on_cpu, on_cuda, atol=1e-10)
