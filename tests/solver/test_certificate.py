"""A certificate states what a method claims, proves and does, and complains when they differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.certificate import Certificate, certify
from solver.method import RungeKutta
from solver.methods import METHODS
from solver.methods.ab4 import AB4
from solver.methods.dop853 import DOP853
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.methods.heun3 import HEUN3
from solver.methods.midpoint import MIDPOINT
from solver.methods.rk4 import RK4
from solver.methods.verner76 import VERNER76
from solver.proven_order import dense_order, step_order
from solver.stability import imaginary_interval, real_interval, stability_polynomial

ONE_STEP = [method for method in METHODS if isinstance(method, RungeKutta)]


@pytest.mark.parametrize("method", ONE_STEP, ids=lambda method: method.name)
def test_every_claim_of_every_method_is_proven_and_measured(method: RungeKutta) -> None:
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


def test_a_multistep_method_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a Runge-Kutta method, which has a tableau; got AdamsBashforth"):
        certify(AB4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "real", "imaginary"),
    [(EULER, 2.0, 0.0), (MIDPOINT, 2.0, 0.0), (HEUN3, 2.512745, 3**0.5), (RK4, 2.785294, 8**0.5)],
    ids=lambda value: getattr(value, "name", None),
)
def test_stability_intervals_are_those_of_the_textbook(method: RungeKutta, real: float, imaginary: float) -> None:
    assert real_interval(method.tableau) == pytest.approx(real, abs=1e-5)
    assert imaginary_interval(method.tableau) == pytest.approx(imaginary, abs=1e-5)


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
