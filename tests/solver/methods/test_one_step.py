"""The one-step methods beyond the classics: their order conditions, dense output and known equivalences."""

from __future__ import annotations

import subprocess
import sys
from math import isclose

import pytest

from solver.method import RungeKutta
from solver.methods import METHODS
from solver.order_conditions import null_residuals, residuals

ONE_STEP = [method for method in METHODS if isinstance(method, RungeKutta)]
EXPECTED = {
    # name: (order, order of the error estimate, order of dense output, evaluations a step)
    "heun_euler": (2, 1, 2, 2),
    "fehlberg2": (2, 1, 2, 3),
    "verner76": (7, 6, 6, 10),
    "heun3": (3, None, 2, 3),
    "ralston": (2, None, 2, 2),
    "ralston3": (3, None, 2, 3),
    "rk4_38": (4, None, 3, 4),
    "ssprk3": (3, None, 2, 3),
}


def named(name: str) -> RungeKutta:
    return next(method for method in ONE_STEP if method.name == name)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_method_has_the_orders_it_is_known_for(name: str) -> None:
    method = named(name)
    order, estimate, dense, stages = EXPECTED[name]
    assert (method.order, method.tableau.dense_order, method.tableau.stages) == (order, dense, stages)
    assert (method.error_order if method.adaptive else None) == estimate


@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_order_conditions_hold_up_to_the_order_and_no_further(method: RungeKutta) -> None:
    tableau = method.tableau
    assert max(map(abs, residuals(tableau.all_a, tableau.b, tableau.order))) < 1e-14
    assert max(map(abs, residuals(tableau.all_a, tableau.b, tableau.order + 1))) > 1e-9


@pytest.mark.parametrize("method", [m for m in ONE_STEP if m.adaptive], ids=lambda method: method.name)
def test_an_error_estimate_vanishes_to_its_order_and_no_further(method: RungeKutta) -> None:
    for estimate in method.tableau.estimates:
        assert max(map(abs, null_residuals(method.tableau.all_a, estimate.weights, estimate.order))) < 1e-14
        assert max(map(abs, null_residuals(method.tableau.all_a, estimate.weights, estimate.order + 1))) > 1e-6


@pytest.mark.parametrize("theta", [0.1, 0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_dense_output_has_its_order_throughout_the_step(method: RungeKutta, theta: float) -> None:
    tableau = method.tableau
    weights = tableau.dense_weights(theta)
    assert max(map(abs, residuals(tableau.all_a, weights, tableau.dense_order, theta))) < 1e-14


@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_dense_output_meets_both_ends_of_the_step(method: RungeKutta) -> None:
    tableau = method.tableau
    end = tableau.b + (0.0,) * (len(tableau.all_c) - len(tableau.b))
    assert tableau.dense_weights(0.0) == pytest.approx([0.0] * len(end), abs=1e-15)
    assert tableau.dense_weights(1.0) == pytest.approx(end, abs=1e-14)


def test_dense_weights_of_verner76_stay_small_so_that_no_digits_are_lost() -> None:
    tableau = named("verner76").tableau
    assert max(abs(w) for theta in (0.2, 0.4, 0.6, 0.8) for w in tableau.dense_weights(theta)) < 2.0


def test_every_stage_of_ssprk3_is_a_convex_combination_of_euler_steps() -> None:
    # Shu-Osher form: y2 = y + h k1, y3 = 3/4 y + 1/4 (y2 + h k2), y1 = 1/3 y + 2/3 (y3 + h k3)
    tableau = named("ssprk3").tableau
    assert tableau.a[2] == (1 / 4 * tableau.a[1][0], 1 / 4)
    assert all(isclose(b, 2 / 3 * a) for b, a in zip(tableau.b, (*tableau.a[2], 1.0), strict=True))


def test_no_two_methods_share_a_name_or_a_label() -> None:
    assert len({method.name for method in METHODS}) == len({method.label for method in METHODS}) == len(METHODS)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_explains_itself_in_one_sentence(method: RungeKutta) -> None:
    assert method.sentence.endswith(".") and len(method.sentence) < 120


def test_the_list_of_methods_is_data_that_needs_no_torch() -> None:
    program = "import sys, solver.methods; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
