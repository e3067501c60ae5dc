"""Coefficients prove themselves, and wrong ones are refused where they are written down."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from solver.method import AdamsBashforth, RungeKutta
from solver.methods import METHODS
from solver.methods.dopri5 import DOPRI5
from solver.methods.rk4 import RK4
from solver.order_conditions import density, null_residuals, residuals, rooted_trees

ONE_STEP = [method for method in METHODS if isinstance(method, RungeKutta)]
MULTISTEP = [method for method in METHODS if isinstance(method, AdamsBashforth)]
CONTRACT = ("euler", "midpoint", "heun", "rk4", "ab2", "ab3", "ab4", "ab5", "bosh3", "dopri5", "tsit5", "dop853")


def by_name(method: RungeKutta | AdamsBashforth) -> str:
    return method.name


def test_the_methods_people_know_are_there() -> None:
    assert set(CONTRACT) <= {method.name for method in METHODS}
    assert len({method.name for method in METHODS}) == len(METHODS)


@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_every_method_introduces_itself(method: RungeKutta | AdamsBashforth) -> None:
    assert method.label
    assert method.sentence.endswith(".")
    assert len(method.sentence) < 120


def test_rooted_trees_are_as_many_as_the_books_count() -> None:
    assert [len(set(rooted_trees(order))) for order in range(1, 9)] == [1, 1, 2, 4, 9, 20, 48, 115]


def test_density_of_a_tall_tree_is_a_factorial() -> None:
    assert density(((((),),),)) == 24


@pytest.mark.parametrize("method", ONE_STEP, ids=by_name)
def test_all_order_conditions_hold_to_1e14(method: RungeKutta) -> None:
    tableau = method.tableau
    assert max(map(abs, residuals(tableau.all_a, tableau.b, tableau.order))) < 1e-14


@pytest.mark.parametrize("method", ONE_STEP, ids=by_name)
def test_the_order_is_not_understated(method: RungeKutta) -> None:
    tableau = method.tableau
    assert max(map(abs, residuals(tableau.all_a, tableau.b, tableau.order + 1))) > 1e-6


@pytest.mark.parametrize("method", [m for m in ONE_STEP if m.adaptive], ids=by_name)
def test_embedded_solutions_have_their_order_and_no_more(method: RungeKutta) -> None:
    for estimate in method.tableau.estimates:
        assert max(map(abs, null_residuals(method.tableau.all_a, estimate.weights, estimate.order))) < 1e-14
        assert max(map(abs, null_residuals(method.tableau.all_a, estimate.weights, estimate.order + 1))) > 1e-6


@pytest.mark.parametrize("theta", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("method", ONE_STEP, ids=by_name)
def test_interpolants_have_their_order_inside_the_step(method: RungeKutta, theta: float) -> None:
    tableau = method.tableau
    missed = residuals(tableau.all_a, tableau.dense_weights(theta), tableau.dense_order, theta)
    assert max(map(abs, missed)) < 1e-14
    assert tableau.dense_order >= tableau.order - 1


@pytest.mark.parametrize("method", ONE_STEP, ids=by_name)
def test_interpolants_meet_both_ends_of_the_step(method: RungeKutta) -> None:
    tableau = method.tableau
    assert set(tableau.dense_weights(0.0)) == {0.0}
    assert tableau.dense_weights(1.0)[: len(tableau.b)] == pytest.approx(tableau.b, abs=1e-15)


@pytest.mark.parametrize("method", ONE_STEP, ids=by_name)
def test_tableaus_pass_their_own_full_check(method: RungeKutta) -> None:
    method.tableau.check()


@pytest.mark.parametrize(("name", "stages", "fsal"), [("dopri5", 7, True), ("tsit5", 7, True), ("bosh3", 4, True)])
def test_first_same_as_last_is_found_by_the_tableau(name: str, stages: int, fsal: bool) -> None:
    tableau = next(method for method in ONE_STEP if method.name == name).tableau
    assert (tableau.stages, tableau.fsal) == (stages, fsal)


def test_a_wrong_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="b misses order 4"):
        replace(RK4.tableau, b=(1 / 6, 1 / 3, 1 / 3, 1 / 6 + 1e-9))


def test_a_wrong_row_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="Row 1 of a must sum to c"):
        replace(RK4.tableau, a=((), (0.4,), (0.0, 0.5), (0.0, 0.0, 1.0)))


def test_swapped_embedded_weights_are_refused() -> None:
    (estimate,) = DOPRI5.tableau.estimates
    with pytest.raises(ValueError, match="error estimate misses order 4"):
        replace(DOPRI5.tableau, estimates=(replace(estimate, weights=estimate.weights[::-1]),))


def test_a_wrong_interpolant_is_refused() -> None:
    with pytest.raises(ValueError, match="dense output misses order 3"):
        replace(RK4.tableau, dense=((0.0, 0.0, 0.0, 0.0),))


def test_a_tableau_of_uneven_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="as many rows"):
        replace(RK4.tableau, b=(1.0,))


@pytest.mark.parametrize("method", MULTISTEP, ids=by_name)
def test_adams_weights_integrate_polynomials_exactly(method: AdamsBashforth) -> None:
    for power in range(method.order):
        integral = sum(weight * (-j) ** power for j, weight in enumerate(method.weights))
        assert integral == Fraction(1, power + 1)


@pytest.mark.parametrize("method", MULTISTEP, ids=by_name)
def test_adams_dense_output_integrates_polynomials_inside_the_step(method: AdamsBashforth) -> None:
    theta = Fraction(3, 7)
    for power in range(method.order):
        weights = [sum(x * theta ** (k + 1) for k, x in enumerate(polynomial)) for polynomial in method.polynomials]
        assert sum(w * (-j) ** power for j, w in enumerate(weights)) == theta ** (power + 1) / (power + 1)


def test_wrong_adams_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="order conditions give"):
        replace(MULTISTEP[0], weights=(Fraction(1), Fraction(0)))


def test_an_adams_starter_of_too_low_order_is_refused() -> None:
    fourth = next(method for method in MULTISTEP if method.order == 4)
    with pytest.raises(ValueError, match="starting values of order 4"):
        replace(fourth, starter=MULTISTEP[0].starter)


def test_methods_are_read_without_importing_torch() -> None:
    code = "import sys; from solver.methods import METHODS; assert METHODS and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
