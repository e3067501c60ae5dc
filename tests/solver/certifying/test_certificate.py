"""A certificate states what a method claims, proves and does, and complains when they differ."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest
import torch

from solver import solve
from solver.certifying.certificate import Certificate, certify
from solver.certifying.proven_order import adams_order, dense_order, step_order
from solver.certifying.stability import stability_polynomial
from solver.certifying.stable_steps import stable_steps
from solver.certifying.step_matrix import step_matrices
from solver.method import AsynchronousLeapfrog, ImplicitRungeKutta, Method, RungeKutta
from solver.methods import METHODS
from solver.methods.ab2 import AB2
from solver.methods.ab3 import AB3
from solver.methods.ab4 import AB4
from solver.methods.adams import adams_bashforth, adams_bashforth_moulton
from solver.methods.alf import ALF
from solver.methods.dop853 import DOP853
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.methods.heun3 import HEUN3
from solver.methods.leapfrog import LEAPFROG
from solver.methods.midpoint import MIDPOINT
from solver.methods.radau5 import RADAU5
from solver.methods.rk4 import RK4
from solver.methods.trapezoidal import TRAPEZOIDAL
from solver.methods.verner76 import VERNER76

ONE_STEP = [method for method in METHODS if isinstance(method, RungeKutta)]
IMPLICIT = [method for method in METHODS if isinstance(method, ImplicitRungeKutta)]
OTHERS = [method for method in METHODS if not isinstance(method, RungeKutta | AsynchronousLeapfrog)]
CERTIFIED = [*ONE_STEP, *(pytest.param(method, marks=pytest.mark.slow) for method in OTHERS)]


@pytest.mark.parametrize("method", CERTIFIED, ids=lambda method: method.name)
def test_every_claim_of_every_method_is_proven_and_measured(method: Method) -> None:
    certificate = certify(method)
    assert certificate.holds, str(certificate)
    assert certificate.step.proven == method.order
    for measured in certificate.measured:
        assert measured.order == pytest.approx(method.order, abs=0.16), measured.problem


def test_a_certificate_prints_as_a_short_text() -> None:
    text = str(certify(DOPRI5))
    assert text.splitlines()[0] == "Dormand-Prince 5(4) (dopri5)"
    assert "order 5 claimed, 5 proven" in text and "all claims hold" in text
    assert len(text.splitlines()) <= 10 and max(map(len, text.splitlines())) <= 100


def test_a_claim_above_the_proven_order_is_complained_about() -> None:
    boastful = replace(VERNER76, tableau=replace(VERNER76.tableau, order=8))  # its first five orders do hold
    certificate = certify(boastful)
    assert not certificate.holds
    assert certificate.complaints == ("its step claims order 8; its coefficients have order 7.",)


def test_a_perturbation_that_creation_lets_pass_is_found() -> None:
    # Creation checks orders up to 5, which the last row of a seventh-order interpolant does not touch.
    tableau = DOP853.tableau
    spoilt = (*tableau.dense[:-1], tuple(x * 1.01 for x in tableau.dense[-1]))
    certificate = certify(replace(DOP853, tableau=replace(tableau, dense=spoilt, dense_order=7)))
    assert "its dense output claims order 7; its coefficients have order 6." in certificate.complaints


def test_a_method_whose_order_no_coefficients_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a method with coefficients .* got the AsynchronousLeapfrog"):
        certify(ALF)


def test_a_corrector_gains_one_order_on_its_predictor_and_no_more() -> None:
    ahead = adams_bashforth_moulton(5)
    object.__setattr__(ahead, "predictor", AB4)  # which creation refuses
    assert adams_order(ahead) == 5
    object.__setattr__(ahead, "predictor", adams_bashforth(2))
    assert adams_order(ahead) == 3


@pytest.mark.parametrize(
    ("name", "cost"),
    [
        ("radau5", "4 stages, 3 solved for together, the last handed on (FSAL)"),
        ("kvaerno3", "4 stages, 3 solved for, the last handed on (FSAL)"),
        ("abm4", "2 evaluations, 3 earlier slopes"),
        ("leapfrog", "2 kicks, 1 drift; for separable fields"),
    ],
)
@pytest.mark.slow
def test_a_certificate_says_what_a_step_takes(name: str, cost: str) -> None:
    (method,) = (each for each in METHODS if each.name == name)
    assert certify(method).cost == cost


@pytest.mark.parametrize(
    ("method", "real", "imaginary"),
    [
        *[(EULER, 2.0, 0.0), (MIDPOINT, 2.0, 0.0), (HEUN3, 2.512745, 3**0.5), (RK4, 2.785294, 8**0.5)],
        *[(AB2, 1.0, 0.0), (AB3, 6 / 11, 0.723627), (AB4, 3 / 10, 0.429987), (adams_bashforth(5), 90 / 551, 0.0)],
        *[(LEAPFROG, nan, 2.0), (ALF, 0.0, 1.0), (TRAPEZOIDAL, inf, inf), (RADAU5, inf, inf)],
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_stability_intervals_are_those_of_the_textbook(method: Method, real: float, imaginary: float) -> None:
    stable = stable_steps(method)
    assert stable.real == pytest.approx(real, abs=1e-5, nan_ok=True)
    assert stable.imaginary == pytest.approx(imaginary, abs=1e-5)


@pytest.mark.parametrize(
    "method", [method for method in METHODS if isinstance(method, ImplicitRungeKutta)], ids=lambda method: method.name
)
def test_stiff_components_are_damped_at_once_by_all_but_the_trapezoidal_rule(method: ImplicitRungeKutta) -> None:
    assert stable_steps(method).at_infinity == pytest.approx(float(method is TRAPEZOIDAL), abs=1e-6)


@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_the_matrix_of_a_step_is_its_stability_polynomial(method: RungeKutta) -> None:
    z = torch.tensor([-1.3, 0.7j, -0.4 + 1.1j], dtype=torch.complex128)
    powers = torch.stack([z**k for k in range(method.tableau.stages + 1)], -1)
    polynomial = torch.tensor(stability_polynomial(method.tableau), dtype=z.dtype)
    assert torch.allclose(step_matrices(method, z)[:, 0, 0], powers @ polynomial, rtol=1e-12)


@pytest.mark.parametrize("name", ["abm4", "yoshida4", "alf", "ab3"])
def test_the_matrix_of_a_step_is_what_a_solve_does_to_an_oscillation(name: str) -> None:
    """Over so many steps that the matrix' largest eigenvalue is all that is left."""
    (method,) = (each for each in METHODS if each.name == name)
    size = 2.2 if name in ("yoshida4", "alf") else 1.1  # beyond what is stable, so that the size shows the eigenvalue
    ts = torch.arange(41, dtype=torch.float64)
    with torch.no_grad():
        y0 = torch.tensor([1.0, 0.3], dtype=torch.float64)
        turned = torch.tensor([[0.0, size], [-size, 0.0]], dtype=torch.float64)
        ys = solve(lambda t, y: turned @ y, y0, ts, method=method, controller="fixed", dt=1.0).ys
    largest = torch.linalg.eigvals(step_matrices(method, torch.tensor([1j * size], dtype=torch.complex128))).abs().max()
    assert float((ys[-1].norm() / ys[-11].norm()) ** 0.1) == pytest.approx(float(largest), rel=1e-3)


@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_the_stability_polynomial_is_the_exponential_up_to_the_order(method: RungeKutta) -> None:
    factorial = 1.0
    for power, coefficient in enumerate(stability_polynomial(method.tableau)[: method.order + 1]):
        factorial *= max(1, power)
        assert coefficient == pytest.approx(1 / factorial, rel=1e-10)


def test_orders_are_searched_no_further_than_eight() -> None:
    assert step_order(DOP853.tableau.all_a, DOP853.tableau.b) == 8
    assert dense_order(DOP853.tableau) == 7


def test_a_method_that_measures_below_its_coefficients_is_complained_about() -> None:
    good = certify(RK4)
    measured = tuple(each._replace(order=1.0) for each in good.measured)
    doubtful: Certificate = replace(good, measured=measured)
    assert doubtful.complaints[0] == "on y' = cos(t) A y it shows order 1.00, not 4."
