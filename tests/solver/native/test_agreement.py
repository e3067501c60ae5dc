"""The kernel and the usual way: the same steps, states, statistics and gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from solver import CONTROLLERS, METHODS, FixedController, PIDController, RungeKutta, Solution, Status, solve
from solver.native.description import ACTIVATIONS, Network
from tests.solver.native.networks import TorchNetwork, gated, plain, weights

TS = torch.linspace(0.0, 1.0, 5, dtype=torch.float64)
EXPLICIT = [method for method in METHODS if isinstance(method, RungeKutta)]


class Solved(NamedTuple):
    """A solve, and the gradient of a weighted sum of its states in y0 and in the weights."""

    solution: Solution
    in_y0: Tensor
    in_theta: Tensor


class Both(NamedTuple):
    native: Solved
    usual: Solved


def solved(field: TorchNetwork, y0: Tensor, ts: Tensor, **options: Any) -> Solved:
    y0 = y0.clone().requires_grad_()
    solution = solve(field, y0, ts, **options)
    states = solution.ys[: solution.reached + 1]
    loss = (states * torch.linspace(0.5, 1.5, states.numel(), dtype=y0.dtype).view_as(states)).sum()
    return Solved(solution, *torch.autograd.grad(loss, (y0, field.theta)))


def both(
    network: Network,
    batch: int = 7,
    ts: Tensor = TS,
    dtype: torch.dtype = torch.float64,
    clocks: Tensor | None = None,
    **options: Any,
) -> Both:
    theta = weights(network, dtype=dtype)
    y0 = torch.randn(batch, network.entries, generator=torch.Generator().manual_seed(1), dtype=dtype)
    return Both(*(solved(TorchNetwork(network, theta, clocks, silent), y0, ts, **options) for silent in (False, True)))


def assert_same(found: Both, states: float = 1e-10, gradients: float = 1e-9) -> None:
    native, usual = found
    assert type(native.solution.ys.grad_fn).__name__ == "_SolveBackward"
    assert type(usual.solution.ys.grad_fn).__name__ != "_SolveBackward"
    ours, theirs = native.solution.stats, usual.solution.stats
    assert ours.nfe_forward == theirs.nfe_forward
    assert ours.nfe_backward == theirs.nfe_backward + theirs.kept  # which the usual way need not evaluate again
    assert (ours.accepted, ours.rejected) == (theirs.accepted, theirs.rejected)
    assert [step.accepted for step in ours.steps] == [step.accepted for step in theirs.steps]
    # dt follows from a power of the error ratio, and that is a difference of stages: it rounds most
    for name, close in (("t", 1e-3), ("dt", 1e-3), ("error_ratio", 1e-2)):
        pair = [torch.tensor([getattr(step, name) for step in stats.steps]).double() for stats in (ours, theirs)]
        torch.testing.assert_close(*pair, rtol=close, atol=1e-6, equal_nan=True)
    assert (native.solution.status, native.solution.reached) == (usual.solution.status, usual.solution.reached)
    assert apart(native.solution.ys, usual.solution.ys) < states
    assert apart(native.in_y0, usual.in_y0) < gradients
    assert apart(native.in_theta, usual.in_theta) < gradients


def apart(native: Tensor, usual: Tensor) -> float:
    """The distance relative to the usual one; what is NaN must be NaN in both."""
    assert torch.equal(native.isnan(), usual.isnan())
    return float((native - usual).nan_to_num().norm().detach() / usual.nan_to_num().norm().detach())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_bends_as_in_torch(activation: str) -> None:
    # relu has kinks, where rounding decides what an error estimate is
    fixed = {"method": "rk4", "dt": 0.05} if activation == "relu" else {}
    assert_same(both(plain(2, 20, 13, 2, activation=activation), **fixed))


@pytest.mark.parametrize("method", EXPLICIT, ids=lambda method: method.name)
def test_every_explicit_method_makes_the_same_steps(method: RungeKutta) -> None:
    assert_same(both(plain(2, 20, 2), method=method, **({} if method.adaptive else {"dt": 0.13})))


@pytest.mark.parametrize("controller", [each for each in CONTROLLERS if each.adaptive], ids=lambda each: each.name)
def test_every_controller_chooses_the_same_sizes(controller: PIDController) -> None:
    assert_same(both(plain(2, 20, 2, cubed=True), controller=controller, rtol=1e-9, atol=1e-10))


def test_an_adaptive_method_may_take_equal_steps() -> None:
    assert_same(both(plain(2, 20, 2), controller=FixedController(), dt=0.3))


@pytest.mark.parametrize("norm", ["rms", "max", "sample"])
def test_every_norm_sizes_errors_alike(norm: str) -> None:
    assert_same(both(plain(3, 20, 3), batch=19, norm=norm))


@pytest.mark.parametrize("batch", [1, 2, 15, 16, 17, 33, 64, 100, 1000])
def test_batches_need_not_fit_the_vectors(batch: int) -> None:
    assert_same(both(plain(2, 9, 2), batch=batch))


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 5, 1), (2, 64, 64, 2), (4, 7, 31, 4), (9, 12, 9), (3, 40, 3, 40, 3)])
def test_layers_may_have_any_size(sizes: tuple[int, ...]) -> None:
    assert_same(both(plain(*sizes), batch=40))


@pytest.mark.parametrize("times", [[1.0, 0.4, -0.5], [0.0, 0.0, 0.5, 0.5, 1.0, 1.0], [0.0, 0.0], [2.0, 2.0, 1.0]])
def test_times_may_fall_and_repeat(times: list[float]) -> None:
    found = both(plain(2, 20, 2), ts=torch.tensor(times, dtype=torch.float64))
    if times[0] != times[-1]:
        assert_same(found)
    else:
        assert torch.equal(found.native.solution.ys, found.usual.solution.ys)


def test_time_may_be_an_input() -> None:
    assert_same(both(plain(2, 20, 2, time_input=True)))


def test_samples_may_have_clocks_of_their_own() -> None:
    assert_same(both(plain(2, 20, 2, time_input=True), batch=37, clocks=torch.linspace(0.0, 3.0, 37).double()))


def test_layers_may_be_gated_and_shifted_by_time() -> None:
    assert_same(both(gated(2, 20, 9, 2), batch=37))


@pytest.mark.parametrize("trace", [0.0, 1.0])
def test_gates_may_open_at_times_of_each_samples_own(trace: float) -> None:
    assert_same(both(gated(2, 11, 9, 2, trace=trace), batch=37, clocks=torch.linspace(-1.0, 2.0, 37).double()))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_divergence_may_be_integrated_beside_the_state(activation: str) -> None:
    fixed = {"method": "rk4", "dt": 0.05} if activation == "relu" else {}
    assert_same(both(gated(2, 12, 9, 2, activation=activation, trace=-1.0), batch=21, **fixed))


def test_the_divergence_of_cubed_inputs_in_three_dimensions_is_right() -> None:
    assert_same(both(plain(3, 20, 9, 3, cubed=True, trace=1.0), ts=TS / 5))


@pytest.mark.parametrize("trace", [0.0, -1.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_potential_may_be_gone_down(activation: str, trace: float) -> None:
    fixed = {"method": "rk4", "dt": 0.05} if activation in ("relu", "elu") else {}  # which have kinks
    assert_same(both(plain(2, 12, 9, 1, activation=activation, gradient=-1.0, trace=trace), batch=21, **fixed))


@pytest.mark.parametrize("trace", [0.0, 0.5])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 40, 1), (4, 7, 31, 9, 1)])
def test_potentials_may_have_any_layers_and_cubed_inputs(sizes: tuple[int, ...], trace: float) -> None:
    assert_same(both(plain(*sizes, cubed=True, gradient=0.7, trace=trace), batch=40, ts=TS / 5))


@pytest.mark.parametrize("trace", [0.0, 1.0])
def test_a_potential_may_change_in_time(trace: float) -> None:
    clocks = torch.linspace(-1.0, 2.0, 37).double()
    assert_same(both(gated(2, 11, 9, 1, gradient=-1.0, trace=trace), batch=37, clocks=clocks))


def test_states_may_have_more_axes_or_none_for_the_batch() -> None:
    network = plain(2, 20, 2)
    theta = weights(network)
    for shape in ((2,), (3, 4, 2)):
        y0 = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        assert_same(Both(*(solved(TorchNetwork(network, theta, None, silent), y0, TS) for silent in (False, True))))


def test_single_precision_agrees_to_its_rounding() -> None:
    found = both(plain(2, 50, 2, cubed=True), batch=20, dtype=torch.float32, method="rk4", dt=0.05)
    assert apart(found.native.solution.ys, found.usual.solution.ys) < 2e-6
    assert apart(found.native.in_theta, found.usual.in_theta) < 1e-5
    assert found.native.solution.ys.dtype == torch.float32


def test_single_precision_keeps_the_tolerance_with_steps_of_its_own() -> None:
    found = both(plain(2, 50, 2, cubed=True), batch=20, dtype=torch.float32, rtol=1e-5, atol=1e-5)
    assert apart(found.native.solution.ys, found.usual.solution.ys) < 1e-5
    assert apart(found.native.in_theta, found.usual.in_theta) < 1e-4


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"max_steps": 3}, Status.max_steps),
        ({"method": "rk4", "dt": 0.3, "max_steps": 2}, Status.max_steps),
    ],
)
def test_solves_that_fail_say_so_alike(options: dict[str, Any], status: Status) -> None:
    found = both(plain(2, 20, 2), **options)
    assert found.native.solution.status is status
    assert_same(found)


def explosive(start: float, silent: bool, **options: Any) -> Solution:
    """A field that grows as y³ from `start`, which is infinite soon."""
    network = plain(1, 1, 1, activation="relu", cubed=True)
    theta = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    with torch.no_grad():
        return solve(
            TorchNetwork(network, theta, silent=silent), torch.full((3, 1), start, dtype=torch.float64), TS, **options
        )


@pytest.mark.parametrize("start", [3.0, 1e200, float("inf"), float("nan")])
@pytest.mark.parametrize("options", [{}, {"method": "rk4", "dt": 0.1}, {"norm": "max"}], ids=str)
def test_a_blow_up_is_the_same_status(start: float, options: dict[str, Any]) -> None:
    native, usual = (explosive(start, silent, **options) for silent in (False, True))
    assert (native.status, native.reached) == (usual.status, usual.reached)
    assert not native.status.ok
    assert native.stats.accepted == usual.stats.accepted
    assert torch.equal(native.ys.isnan(), usual.ys.isnan())


def test_limits_of_the_step_size_are_kept() -> None:
    assert_same(both(plain(2, 20, 2), min_step=0.3, max_step=0.4))
    assert_same(both(plain(2, 20, 2), max_step=0.02, dt=0.01))


def test_the_gradient_in_the_times_flows_as_ever() -> None:
    network = plain(2, 20, 2, time_input=True)
    theta, y0 = weights(network), torch.ones(3, 2, dtype=torch.float64)
    found = []
    for silent in (False, True):
        ts = TS.clone().requires_grad_()
        ys = solve(TorchNetwork(network, theta, silent=silent), y0, ts).ys
        found.append(torch.autograd.grad(ys.square().sum(), ts)[0])
    assert apart(*found) < 1e-9


def test_long_solves_agree() -> None:
    found = both(plain(2, 16, 2), ts=torch.linspace(0.0, 60.0, 300, dtype=torch.float64), rtol=1e-11, atol=1e-12)
    assert found.native.solution.stats.accepted > 100
    assert_same(found, states=1e-9, gradients=1e-7)
