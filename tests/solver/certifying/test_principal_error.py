"""Leading errors are those that are published, and an estimate tells at least as much as the step errs."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest

from solver.certifying.principal_error import estimate_error, step_error, symmetry
from solver.method import OneStep
from solver.methods import METHODS
from solver.methods.dopri5 import DOPRI5
from solver.methods.euler import EULER
from solver.order_conditions import density, rooted_trees

PAIRS = [method for method in METHODS if isinstance(method, OneStep) and method.adaptive]
OPTIMISTIC = {"fehlberg2", "bosh3"}


@pytest.mark.parametrize("order", range(1, 9))
def test_symmetries_and_densities_count_the_derivatives_of_an_autonomous_solution(order: int) -> None:
    """The n-th derivative of y has (n - 1)! terms: n! / (γ σ) of each tree. Butcher's theorem."""
    terms = [Fraction(factorial(order), density(tree) * symmetry(tree)) for tree in rooted_trees(order)]
    assert sum(terms) == factorial(order - 1)


@pytest.mark.parametrize(("method", "published"), [(DOPRI5, 3.99e-4), (EULER, 0.5)])
def test_the_leading_error_is_the_known_one(method: OneStep, published: float) -> None:
    # Dormand, Prince, A family of embedded Runge-Kutta formulae (1980); Euler's is y'' / 2
    assert step_error(method.tableau) == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize("method", [m for m in PAIRS if m.name not in OPTIMISTIC], ids=lambda method: method.name)
def test_an_estimate_leads_with_at_least_the_error_of_the_step(method: OneStep) -> None:
    estimate = method.tableau.estimates[0]
    assert estimate_error(method.tableau, estimate) >= 0.9999 * step_error(method.tableau)


def test_bogacki_and_shampines_estimate_leads_with_somewhat_less_and_fehlbergs_with_next_to_nothing() -> None:
    shares = {
        method.name: estimate_error(method.tableau, method.tableau.estimates[0]) / step_error(method.tableau)
        for method in PAIRS
        if method.name in OPTIMISTIC
    }
    assert shares["bosh3"] == pytest.approx(0.705, abs=0.001)
    assert shares["fehlberg2"] == pytest.approx(0.0114, abs=0.0001)
