"""Implicit tableaus prove themselves as explicit ones do, and their stability is what stiff fields ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from solver.method import ImplicitRungeKutta, RungeKutta
from solver.methods import METHODS
from solver.methods.kvaerno3 import KVAERNO3
from solver.methods.kvaerno5 import KVAERNO5
from solver.methods.radau5 import RADAU5
from solver.methods.rk4 import RK4
from solver.methods.trapezoidal import TRAPEZOIDAL
from solver.order_conditions import null_residuals, residuals
from solver.tableau import ButcherTableau, nested_basis, nested_slopes, padded

STIFF = [method for method in METHODS if isinstance(method, ImplicitRungeKutta)]
CONTRACT = {"implicit_euler", "trapezoidal", "kvaerno3", "kvaerno5", "radau5"}


def by_name(method: ImplicitRungeKutta) -> str:
    return method.name


def growth(tableau: ButcherTableau, z: complex) -> float:
    """|R(z)|, by how much a step multiplies y where y' = λ y and z = λ dt."""
    a = torch.tensor([padded(row, tableau.stages) for row in tableau.a], dtype=torch.complex128)
    ones = torch.ones(tableau.stages, dtype=torch.complex128)
    stages = torch.linalg.solve(torch.eye(tableau.stages) - z * a, ones)
    weights: Tensor = torch.tensor(tableau.b, dtype=torch.complex128)
    return float((1 + z * (weights @ stages)).abs())


def test_the_stiff_methods_are_there() -> None:
    assert {method.name for method in STIFF} >= CONTRACT


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_all_order_conditions_hold_and_none_further(method: ImplicitRungeKutta) -> None:
    tableau = method.tableau
    tableau.check()
    assert max(map(abs, residuals(tableau.a, tableau.b, tableau.order))) < 1e-14
    assert max(map(abs, residuals(tableau.a, tableau.b, tableau.order + 1))) > 1e-6


@pytest.mark.parametrize("method", [method for method in STIFF if method.adaptive], ids=by_name)
def test_error_estimates_vanish_to_their_order_and_no_further(method: ImplicitRungeKutta) -> None:
    for estimate in method.tableau.estimates:
        assert max(map(abs, null_residuals(method.tableau.a, estimate.weights, estimate.order))) < 1e-14
        assert max(map(abs, null_residuals(method.tableau.a, estimate.weights, estimate.order + 1))) > 1e-6


@pytest.mark.parametrize("theta", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_dense_output_has_its_order_inside_the_step(method: ImplicitRungeKutta, theta: float) -> None:
    tableau = method.tableau
    missed = residuals(tableau.a, tableau.dense_weights(theta), tableau.dense_order, theta)
    assert max(map(abs, missed)) < 1e-14
    assert tableau.dense_order >= tableau.order - 1


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_dense_output_meets_both_ends_of_the_step(method: ImplicitRungeKutta) -> None:
    assert set(method.tableau.dense_weights(0.0)) == {0.0}
    assert method.tableau.dense_weights(1.0) == pytest.approx(method.tableau.b, abs=1e-15)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_no_decay_or_oscillation_ever_grows(method: ImplicitRungeKutta) -> None:
    for exponent in range(-30, 70):
        size = 10 ** (exponent / 10)
        assert growth(method.tableau, 1j * size) <= 1 + 1e-12
        assert growth(method.tableau, -size) <= 1 + 1e-12


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_very_stiff_components_vanish_in_a_step_except_by_the_trapezoidal_rule(method: ImplicitRungeKutta) -> None:
    assert growth(method.tableau, -1e9) == pytest.approx(1.0 if method is TRAPEZOIDAL else 0.0, abs=1e-6)


@pytest.mark.parametrize("method", STIFF, ids=by_name)
def test_the_last_stage_is_the_steps_end_and_the_next_ones_first_slope(method: ImplicitRungeKutta) -> None:
    assert method.tableau.stiffly_accurate
    assert method.tableau.handed_on == method.tableau.stages - 1


def test_stages_are_grouped_by_what_they_depend_on() -> None:
    assert RADAU5.tableau.blocks == (range(1), range(1, 4))
    assert KVAERNO3.tableau.blocks == tuple(range(stage, stage + 1) for stage in range(4))
    assert RK4.tableau.explicit
    assert not KVAERNO3.tableau.explicit


def test_the_filter_of_a_diagonally_implicit_method_shares_its_stages_matrix() -> None:
    for method in (KVAERNO3, KVAERNO5):
        assert {row[-1] for row in method.tableau.a[1:]} == {method.filter}


def test_the_filter_of_radau_is_the_real_eigenvalue_of_its_matrix() -> None:
    rows = torch.tensor([row[1:] for row in RADAU5.tableau.a[1:]], dtype=torch.float64)
    eigenvalues = torch.linalg.eigvals(rows)
    (real,) = eigenvalues[eigenvalues.imag.abs() < 1e-12].real
    assert float(real) == pytest.approx(RADAU5.filter, abs=1e-14)


def test_the_slopes_of_the_dense_basis_are_its_derivatives() -> None:
    for theta in (0.3, 1.0, 1.7):
        ahead, behind = (nested_basis(theta + shift, 5) for shift in (1e-6, -1e-6))
        differences = [(x - y) / 2e-6 for x, y in zip(ahead, behind, strict=True)]
        assert nested_slopes(theta, 5) == pytest.approx(differences, abs=1e-7)


def test_a_wrong_implicit_coefficient_is_refused() -> None:
    (*rows, last) = KVAERNO5.tableau.a
    with pytest.raises(ValueError, match="must sum to c"):
        replace(KVAERNO5.tableau, a=(*rows, (*last[:-1], 0.26 + 1e-9)))


def test_an_implicit_tableau_is_no_explicit_method_nor_the_other_way_round() -> None:
    with pytest.raises(ValueError, match="make it an ImplicitRungeKutta"):
        RungeKutta("mine", "Mine", "My own.", RADAU5.tableau)
    with pytest.raises(ValueError, match="needs a tableau with an implicit stage"):
        ImplicitRungeKutta("mine", "Mine", "My own.", RK4.tableau)


def test_rows_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(
        ValueError, match="Row 1 of a has 3 entries; an explicit stage needs 1, an implicit one up to 2"
    ):
        replace(TRAPEZOIDAL.tableau, a=((), (0.5, 0.25, 0.25)))
