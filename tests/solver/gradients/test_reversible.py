"""The reversible gradient: the direct one to rounding, out of the end of the solve, at one evaluation a step."""

from __future__ import annotations

import gc
from math import exp

import pytest
import torch
from torch import Tensor

from solver import METHODS, Solution, Status, solve
from tests.problems import LIMIT_CYCLE, STARTS, Perceptron

TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)
IRREVERSIBLE = [method for method in METHODS if method.name != "alf"]
SPIRAL = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)


def cubic_spiral(t: Tensor, y: Tensor) -> Tensor:
    return y**3 @ SPIRAL


def gradients(ts: Tensor, mode: str, **how: object) -> tuple[Tensor, Solution]:
    """All gradients of a weighted sum of the saved states, flat: of y0, ts and the parameters."""
    field, y0, ts = Perceptron(), STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    solution = solve(field, y0, ts, method="alf", gradient=mode, **how)
    assert solution.status.ok
    weights = torch.arange(solution.ys.numel(), dtype=torch.float64).view_as(solution.ys).sin()
    found = torch.autograd.grad((solution.ys * weights).sum(), (y0, ts, *field.parameters()))
    return torch.cat([x.flatten() for x in found]), solution


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]], TIMES[:4]], ids=["rising", "falling", "ends", "few"])
@pytest.mark.parametrize(
    "how",
    [
        {"controller": "fixed", "dt": 0.06},
        {"controller": "fixed", "dt": 0.001},
        {"rtol": 1e-4, "atol": 1e-4},
        {"rtol": 1e-6, "atol": 1e-6, "controller": "I", "dt": 0.3},
    ],
    ids=["coarse", "fine", "adaptive", "adaptive with rejections"],
)
def test_the_gradient_is_the_direct_one_to_1e12(ts: Tensor, how: dict[str, object]) -> None:
    expected, _ = gradients(ts, "direct", **how)
    found, solution = gradients(ts, "reversible", **how)
    assert (found - expected).abs().max() < 1e-12 * max(1.0, float(expected.abs().max()))
    assert (solution.stats.rejected > 0) == (how.get("controller") == "I")


def test_gradients_agree_with_finite_differences() -> None:
    field = Perceptron(3)

    def states(y0: Tensor, *_: Tensor) -> Tensor:
        return solve(field, y0, TIMES, method="alf", controller="fixed", dt=0.1, gradient="reversible").ys

    assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


@pytest.mark.parametrize("how", [{"controller": "fixed", "dt": 0.01}, {"rtol": 1e-6, "atol": 1e-6}])
def test_undoing_every_step_comes_back_to_the_start_within_1e12(how: dict[str, object]) -> None:
    _, solution = gradients(TIMES, "reversible", **how)
    assert solution.stats.drift is not None
    assert solution.stats.drift < 1e-12


@pytest.mark.parametrize("dt", [0.01, 0.005])
def test_the_cubic_spiral_is_undone_from_25_to_0(dt: float) -> None:
    found = {}
    for mode in ("checkpointed", "reversible"):
        y0 = torch.tensor([2.0, 0.0], dtype=torch.float64, requires_grad=True)
        ts = torch.tensor([0.0, 25.0], dtype=torch.float64)
        how = {"method": "alf", "controller": "fixed", "dt": dt, "max_steps": 100_000}
        solution = solve(cubic_spiral, y0, ts, gradient=mode, **how)
        solution.ys[-1].square().sum().backward()
        found[mode] = y0.grad
    assert (found["reversible"] - found["checkpointed"]).abs().max() < 1e-12
    assert solution.stats.drift < 1e-11


@pytest.mark.parametrize(
    ("tolerance", "bound"), [(1e-5, 0.18), (1e-6, 6.7e-3), (1e-7, 1.2e-4), (1e-9, 2.6e-6), (1e-12, 3.5e-9)]
)
def test_an_irreversible_method_comes_back_from_the_cubic_spiral_as_well_as_its_tolerance_allows(
    tolerance: float, bound: float
) -> None:
    y0, ts = torch.tensor([2.0, 0.0], dtype=torch.float64), torch.tensor([0.0, 25.0], dtype=torch.float64)
    how = {"method": "dopri5", "rtol": tolerance, "atol": tolerance, "max_steps": 100_000, "controller": "I"}
    there = solve(cubic_spiral, y0, ts, **how)
    back = solve(cubic_spiral, there.ys[-1], ts.flip(0), **how)
    assert back.status.ok
    assert (back.ys[-1] - y0).norm() <= bound


def test_a_backward_step_costs_one_evaluation_as_the_field_counts_them() -> None:
    field, calls = Perceptron(), []
    field.register_forward_hook(lambda *_: calls.append(1))
    solution = solve(field, STARTS, TIMES, method="alf", controller="fixed", dt=0.01, gradient="reversible")
    assert solution.stats.nfe_forward == len(calls) == solution.stats.accepted + 1
    calls.clear()
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward == len(calls) == solution.stats.accepted + 1


def kept(mode: str, steps: int) -> tuple[int, int]:
    """Bytes that autograd saves for the backward pass, and how many tensors are alive because of the solve."""
    seen: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def alive() -> int:
        gc.collect()
        return sum(issubclass(type(x), Tensor) for x in gc.get_objects())

    field, y0, before = Perceptron(), STARTS.clone().requires_grad_(), alive()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        how = {"method": "alf", "controller": "fixed", "dt": 1 / steps, "max_steps": 20_000}
        solution = solve(field, y0, TIMES, gradient=mode, **how)
    assert solution.stats.accepted == steps
    return sum(seen.values()), alive() - before


@pytest.mark.slow
def test_as_much_is_kept_of_10000_steps_as_of_100() -> None:
    kept("reversible", 10)  # constants are made once
    assert kept("reversible", 10_000) == kept("reversible", 100)


def test_checkpoints_are_more_with_every_step_which_shows_that_the_count_counts() -> None:
    assert kept("checkpointed", 400)[1] > 300 + kept("checkpointed", 100)[1]


@pytest.mark.parametrize("method", IRREVERSIBLE, ids=lambda method: method.name)
def test_methods_that_cannot_be_undone_are_refused_with_those_that_can(method: object) -> None:
    with pytest.raises(ValueError, match='there are: alf; got .* Take one of them, or gradient="checkpointed"'):
        solve(LIMIT_CYCLE.field, STARTS, TIMES, method=method, dt=0.1, gradient="reversible")


def test_valid_rows_of_a_solve_that_blew_up_have_their_gradient() -> None:
    y0 = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    ts = torch.tensor([0.0, 0.3, 0.6, 2.0], dtype=torch.float64)  # y' = y² from 1 is infinite at t = 1
    how = {"method": "alf", "controller": "fixed", "dt": 1e-3, "max_steps": 100_000}
    solution = solve(lambda t, y: y * y, y0, ts, gradient="reversible", **how)
    assert (solution.status, solution.reached) == (Status.non_finite, 2)
    (found,) = torch.autograd.grad(solution.ys[:3].sum(), y0)
    assert float(found) == pytest.approx(1 + 1 / 0.7**2 + 1 / 0.4**2, rel=1e-4)
    assert solution.stats.drift < 1e-12


def test_a_single_time_gives_the_start_for_nothing() -> None:
    y0 = STARTS.clone().requires_grad_()
    solution = solve(LIMIT_CYCLE.field, y0, TIMES[:1], method="alf", gradient="reversible")
    solution.ys.sum().backward()
    assert torch.equal(y0.grad, torch.ones_like(y0))
    assert (solution.stats.nfe_forward, solution.stats.nfe_backward) == (0, 0)


def test_changing_the_start_or_the_parameters_after_the_solve_changes_no_gradient_in_silence() -> None:
    field, y0 = Perceptron(), STARTS.clone()
    solution = solve(field, y0, TIMES, method="alf", gradient="reversible")
    y0.zero_()
    solution.ys.sum().backward()
    assert solution.stats.drift < 1e-12
    solution = solve(field, STARTS, TIMES, method="alf", gradient="reversible")
    with torch.no_grad():
        field.inner.weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        solution.ys.sum().backward()


def test_second_derivatives_are_refused_in_a_sentence() -> None:
    y0 = STARTS.clone().requires_grad_()
    ys = solve(LIMIT_CYCLE.field, y0, TIMES, method="alf", gradient="reversible").ys
    (first,) = torch.autograd.grad(ys.square().sum(), y0, create_graph=True)
    with pytest.raises(RuntimeError, match='Use gradient="direct"'):
        first.sum().backward()


def test_what_alf_does_not_damp_grows_as_documented() -> None:
    def spurious(t1: float) -> float:
        ts = torch.tensor([0.0, t1], dtype=torch.float64)
        y0 = torch.ones(1, dtype=torch.float64)
        end = solve(lambda t, y: -y, y0, ts, method="alf", controller="fixed", dt=0.01, gradient="direct").ys[-1]
        return abs(float(end) - exp(-t1))

    assert spurious(12.0) / spurious(9.0) == pytest.approx(exp(3.0), rel=0.1)
