"""Plain modules and functions that are networks: solved by the kernel, with the gradients of each of their weights."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from solver import Solution, native, solve
from solver.field import Field
from tests.solver.native.recognising.fields import MODULES, Demo, Layered, Shared, Wrapped, functions_of, mlp

TS = torch.tensor([0.5, 0.9, 1.1], dtype=torch.float64)


class Graded(NamedTuple):
    """A solve, and the gradient of a weighted sum of its states in y0 and every parameter."""

    solution: Solution
    gradients: list[Tensor]


def start(dtype: torch.dtype = torch.float64, *shape: int) -> Tensor:
    return torch.randn(shape or (7, 2), generator=torch.Generator().manual_seed(3), dtype=dtype)


def graded(field: Field, parameters: list[Tensor], y0: Tensor, kernel: bool, **options: object) -> Graded:
    native.allow(kernel)
    y0 = y0.clone().requires_grad_()
    solution = solve(field, y0, TS, parameters=parameters, **{"rtol": 1e-7, "atol": 1e-9, **options})
    assert solution.stats.native == kernel
    states = solution.ys
    loss = (states * torch.linspace(0.5, 1.5, states.numel(), dtype=y0.dtype).view_as(states)).sum()
    return Graded(solution, list(torch.autograd.grad(loss, (y0, *parameters))))


def assert_alike(field: Field, parameters: list[Tensor], y0: Tensor, close: float, **options: object) -> None:
    ours, usual = (graded(field, parameters, y0, kernel, **options) for kernel in (True, False))
    torch.testing.assert_close(ours.solution.ys, usual.solution.ys, rtol=close, atol=close)
    for one, other in zip(ours.gradients, usual.gradients, strict=True):
        assert float((one - other).norm()) <= close * float(other.norm())
    counts = [
        (s.nfe_forward, s.nfe_backward, s.accepted, s.rejected) for s in (ours.solution.stats, usual.solution.stats)
    ]
    assert counts[0][2:] == counts[1][2:] and counts[0][0] == counts[1][0]


@pytest.mark.parametrize("name", MODULES)
def test_a_plain_module_is_solved_by_the_kernel_as_in_torch(name: str) -> None:
    torch.manual_seed(0)
    module = MODULES[name]().double()
    # relu has kinks, where rounding decides what an error estimate is; softplus has another branch above 20 in torch
    fixed = {"method": "rk4", "dt": 0.05} if "ReLU" in name or name == "helped" else {}
    assert_alike(module, list(module.parameters()), start(), 1e-9, **fixed)


@pytest.mark.parametrize("name", ["demo", "layered and timed", "by hand, mm", "concatsquash"])
def test_single_precision_differs_by_rounding(name: str) -> None:
    torch.manual_seed(0)
    module = MODULES[name]()
    assert_alike(module, list(module.parameters()), start(torch.float32), 2e-5, method="rk4", dt=0.1)


@pytest.mark.parametrize("name", ["def", "lambda", "matrix", "method"])
def test_functions_around_a_network_are_recognised(name: str) -> None:
    net, matrix = mlp(nn.Tanh()).double(), start(torch.float64, 2, 2).requires_grad_()
    field = functions_of(net, matrix)[name]
    assert_alike(field, [matrix] if name == "matrix" else list(net.parameters()), start(), 1e-9)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (3, 4, 2)])
def test_states_may_have_any_number_of_axes(shape: tuple[int, ...]) -> None:
    module = Layered(timed=True).double()
    assert_alike(module, list(module.parameters()), start(torch.float64, *shape), 1e-9)


def test_gradients_are_those_of_finite_differences() -> None:
    module = Shared().double()
    y0 = start()

    def loss() -> Tensor:
        return solve(module, y0, TS, rtol=1e-11, atol=1e-12).ys.square().sum()

    gradients = torch.autograd.grad(loss(), list(module.parameters()))
    for parameter, gradient in zip(module.parameters(), gradients, strict=True):
        flat = parameter.detach().view(-1)
        for place in range(flat.numel()):
            ends = []
            for step in (1e-6, -2e-6):
                flat[place] += step
                with torch.no_grad():
                    ends.append(float(loss()))
            flat[place] += 1e-6
            assert float(gradient.view(-1)[place]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-6)


def test_each_parameter_gets_its_own_gradient() -> None:
    module = Demo()
    module.net[0].weight.requires_grad_(False)
    solution = solve(module, start(torch.float32), TS)
    solution.ys.sum().backward()
    assert solution.stats.native
    frozen, *learnt = module.parameters()
    assert frozen.grad is None
    assert all(each.grad is not None and each.grad.shape == each.shape for each in learnt)


def test_parameters_without_a_part_in_it_get_a_gradient_of_zero() -> None:
    module = Demo()
    module.spare = nn.Linear(3, 3)
    solution = solve(module, start(torch.float32), TS)
    solution.ys.sum().backward()
    assert solution.stats.native
    assert torch.equal(module.spare.weight.grad, torch.zeros(3, 3))


def test_a_step_of_the_optimiser_is_seen_by_the_next_solve() -> None:
    module, y0 = Demo(), start(torch.float32)
    rule = torch.optim.SGD(module.parameters(), lr=0.5)
    first = solve(module, y0, TS)
    first.ys.square().mean().backward()
    rule.step()
    ours = solve(module, y0, TS)
    native.allow(False)
    usual = solve(module, y0, TS)
    assert ours.stats.native and not torch.allclose(ours.ys, first.ys, atol=1e-3)
    torch.testing.assert_close(ours.ys, usual.ys, rtol=1e-5, atol=1e-5)


def test_a_change_of_the_weights_before_the_gradient_is_noticed() -> None:
    module = Demo()
    ys = solve(module, start(torch.float32), TS).ys
    with torch.no_grad():
        module.net[0].weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        ys.sum().backward()


def test_a_graph_may_be_pulled_back_twice() -> None:
    module = Demo()
    parameters, ys = list(module.parameters()), solve(module, start(torch.float32), TS).ys
    first, second = (torch.autograd.grad(ys.sum(), parameters, retain_graph=True) for _ in range(2))
    assert all(map(torch.equal, first, second))


def test_second_derivatives_are_refused() -> None:
    module, y0 = Demo(), start(torch.float32).requires_grad_()
    ys = solve(module, y0, TS).ys
    (gradient,) = torch.autograd.grad(ys.sum(), module.net[0].weight, create_graph=True)
    for leaf in (y0, module.net[0].weight, module.net[2].weight):
        with pytest.raises(RuntimeError, match="direct"):
            torch.autograd.grad(gradient.sum(), leaf, retain_graph=True)


def test_modules_can_be_left_to_torch() -> None:
    module = Wrapped(mlp(nn.Tanh()))
    native.allow(modules=False)
    assert not solve(module, start(torch.float32), TS).stats.native
    native.allow()
    assert solve(module, start(torch.float32), TS).stats.native
