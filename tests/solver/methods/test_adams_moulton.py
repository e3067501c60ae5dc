"""Adams methods that predict and correct: exact weights, nominal orders, a sensible default, exact gradients."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import log2

import numpy as np
import pytest
import torch
from torch import Tensor

from solver import METHODS, solve
from solver.adams_weights import adams_weights
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.methods import adams
from solver.methods.adams import adams_bashforth, adams_bashforth_moulton
from tests.problems import LIMIT_CYCLE, MODULATED, STARTS, Perceptron

NAMED = [method for method in METHODS if isinstance(method, AdamsBashforthMoulton)]
ORDERS = range(1, adams.HIGHEST_ORDER + 1)


def by_name(method: AdamsBashforthMoulton) -> str:
    return method.name


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("newest", [0, 1], ids=["Bashforth", "Moulton"])
@pytest.mark.parametrize("order", ORDERS)
def test_weights_integrate_polynomials_exactly(order: int, newest: int) -> None:
    weights = adams_weights(order, newest)
    for power in range(order):
        assert sum(w * Fraction(newest - j) ** power for j, w in enumerate(weights)) == Fraction(1, power + 1)


def test_weights_of_high_order_are_those_of_the_books() -> None:
    moulton = [Fraction(x, 60480) for x in (19087, 65112, -46461, 37504, -20211, 6312, -863)]
    assert list(adams_weights(7, newest=1)) == moulton


@pytest.mark.parametrize("method", NAMED, ids=by_name)
def test_named_methods_are_those_of_their_order(method: AdamsBashforthMoulton) -> None:
    made = adams_bashforth_moulton(method.order)
    assert (made.name, made.label, made.weights) == (method.name, method.label, method.weights)
    assert made.predictor.weights == method.predictor.weights


def observed_order(method: AdamsBashforth | AdamsBashforthMoulton, fractions: tuple[float, ...]) -> float:
    errors = []
    for steps in (20, 40, 80, 160, 320):
        inside = (torch.arange(steps, dtype=torch.float64)[:, None] + times(*fractions)) * 2 / steps
        ts = torch.cat((times(0), inside.flatten()))
        solution = solve(MODULATED.field, MODULATED.y0, ts, method=method, dt=2 / steps)
        error = float((solution.ys - MODULATED.exact(ts)).square().mean().sqrt())
        if error < 1e-12:
            break
        errors.append(error)
    return log2(errors[-2] / errors[-1])


@pytest.mark.parametrize("fractions", [(1.0,), (0.3, 0.7, 1.0)], ids=["step ends", "inside steps"])
@pytest.mark.parametrize("make", [adams_bashforth, adams_bashforth_moulton])
@pytest.mark.parametrize("order", range(1, 6))
def test_observed_order_is_nominal(order: int, make: type, fractions: tuple[float, ...]) -> None:
    assert observed_order(make(order), fractions) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("make", [adams_bashforth, adams_bashforth_moulton])
@pytest.mark.parametrize("order", [6, 7, 8])
def test_observed_order_is_about_nominal_where_few_steps_are_above_rounding(order: int, make: type) -> None:
    assert observed_order(make(order), (1.0,)) > order - 0.5


def cubic_spiral(t: Tensor, y: Tensor) -> Tensor:
    return y**3 @ torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=y.dtype)


def spiral_error(**how: object) -> float:
    y0, ts = times(2, 0), times(0, 25)
    exact = solve(cubic_spiral, y0, ts, method="dop853", rtol=1e-12, atol=1e-12).ys[-1]
    solution = solve(cubic_spiral, y0, ts, **how)
    return float((solution.ys[-1] - exact).norm()) if solution.status.ok else float("inf")


def test_the_default_order_is_accurate_at_a_step_where_order_12_explodes() -> None:
    classic, default, unguarded = (
        spiral_error(method=method, dt=0.01) for method in ("rk4", adams_bashforth_moulton(), adams_bashforth(12))
    )
    assert classic < 5e-7
    assert default < 2e-4
    assert unguarded > 1e9


@pytest.mark.parametrize(("make", "row"), [(adams_bashforth, 0), (adams_bashforth_moulton, 1)])
def test_the_documented_limits_of_stability_are_true(make: type, row: int) -> None:
    lines = (adams.__doc__ or "").splitlines()
    orders = next(line for line in lines if line.strip().startswith("order")).split()[1:]
    limits = next(line for line in lines if line.strip().startswith(("Adams-Bash", "with Moul")[row])).split()
    for order, limit in zip(map(int, orders), map(float, limits[-len(orders) :]), strict=True):
        assert growth(make(order), -0.96 * limit) <= 1 + 1e-9
        assert growth(make(order), -1.04 * limit) > 1


def growth(method: AdamsBashforth | AdamsBashforthMoulton, z: float) -> float:
    """The largest factor by which a step multiplies a solution of y' = λy, z = λ dt."""
    order = method.order
    polynomial = np.zeros(order + 1)
    polynomial[:2] = 1, -1
    if isinstance(method, AdamsBashforth):
        polynomial[1:] -= z * np.array(method.weights, float)
    else:
        ahead, *history = np.array(method.weights, float)
        polynomial[1:order] -= z * np.array(history)
        polynomial[1] -= z * ahead
        polynomial[1:] -= z * z * ahead * np.array(method.predictor.weights, float)
    return float(abs(np.roots(polynomial)).max())


@pytest.mark.parametrize("order", [0, 13, -1, 2.5])
def test_other_orders_are_refused_with_advice(order: int) -> None:
    for make in (adams_bashforth, adams_bashforth_moulton):
        with pytest.raises(ValueError, match=r"orders 1 to 12; got .* Take 4"):
            make(order)


def test_high_orders_say_that_they_are_unstable() -> None:
    assert "Unstable" in adams_bashforth_moulton(6).sentence
    assert "Unstable" not in adams_bashforth_moulton().sentence
    assert max(method.order for method in NAMED) == 5


def test_wrong_weights_and_predictors_are_refused() -> None:
    method = adams_bashforth_moulton(3)
    with pytest.raises(ValueError, match="the order conditions give"):
        replace(method, weights=method.weights[::-1])
    with pytest.raises(ValueError, match="needs a predictor of order 3; got ab4"):
        replace(method, predictor=adams_bashforth(4))


@pytest.mark.parametrize("order", [2, 4, 5])
def test_a_step_costs_two_evaluations_after_the_start(order: int) -> None:
    def cost(steps: int) -> int:
        stats = solve(MODULATED.field, MODULATED.y0, times(0, 0.01 * steps), method=f"abm{order}", dt=0.01).stats
        assert stats.accepted == steps
        return stats.nfe_forward

    assert cost(60) - cost(40) == 2 * 20


def test_correcting_makes_errors_smaller() -> None:
    ts = times(0, 5)
    off = [
        (solve(LIMIT_CYCLE.field, LIMIT_CYCLE.y0, ts, method=name, dt=0.05).ys - LIMIT_CYCLE.exact(ts)).abs().max()
        for name in ("ab4", "abm4")
    ]
    assert off[1] < 0.5 * off[0]


def gradient_of(method: object, mode: str, ts: Tensor) -> tuple[Tensor, int]:
    field, y0 = Perceptron(), STARTS.clone().requires_grad_()
    solution = solve(field, y0, ts, method=method, dt=0.03, gradient=mode)
    weights = torch.arange(solution.ys.numel(), dtype=torch.float64).view_as(solution.ys).sin()
    found = torch.autograd.grad((solution.ys * weights).sum(), (y0, *field.parameters()))
    return torch.cat([x.flatten() for x in found]), solution.stats.nfe_backward


@pytest.mark.parametrize("ts", [times(0, 0.07, 0.4, 0.45, 1), times(1, 0.11, 0), times(0, 1)])
@pytest.mark.parametrize("make", [adams_bashforth, adams_bashforth_moulton])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 8])
def test_the_checkpointed_gradient_is_the_direct_one_to_1e12(order: int, make: type, ts: Tensor) -> None:
    found, _ = gradient_of(make(order), "checkpointed", ts)
    expected, _ = gradient_of(make(order), "direct", ts)
    assert (found - expected).abs().max() < 1e-12 * max(1.0, float(expected.abs().max()))


def test_the_checkpointed_gradient_costs_what_the_solve_did() -> None:
    forward = solve(Perceptron(), STARTS, times(0, 1), method="abm4", dt=0.03).stats.nfe_forward
    _, backward = gradient_of("abm4", "checkpointed", times(0, 1))
    assert forward <= backward <= forward + 4


def test_gradients_agree_with_finite_differences() -> None:
    field = Perceptron(3)

    def states(y0: Tensor, *_: Tensor) -> Tensor:
        return solve(field, y0, times(0, 0.33, 0.8), method="abm4", dt=0.1).ys

    assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


@pytest.mark.parametrize("method", ["ab4", "abm4"])
def test_the_order_survives_forced_times_that_change_the_step_size(method: str) -> None:
    ts, errors = times(0, 2), []
    for steps in (160, 320):
        how = {"method": method, "dt": 2 / steps, "forced_times": [0.7123, 1.31]}
        solution = solve(MODULATED.field, MODULATED.y0, ts, **how)
        assert len({round(step.dt, 9) for step in solution.stats.steps}) > 1
        errors.append(float((solution.ys - MODULATED.exact(ts)).abs().max()))
    assert log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.15)
