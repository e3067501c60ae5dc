"""Tableaus drawn at random: what is certified of them is what they do, and what they lack is found."""

from __future__ import annotations

from fractions import Fraction
from math import log2

import pytest
import torch
from hypothesis import assume
from hypothesis import strategies as st

from solver import RungeKutta, solve
from solver.certifying.principal_error import step_error
from solver.certifying.proven_order import dense_order, step_order
from solver.certifying.stability import stability_polynomial
from solver.certifying.step_matrix import step_matrices
from solver.own_tableau import own_method
from tests.problems import CLOCKED, LIMIT_CYCLE, MODULATED, KnownProblem
from tests.properties import tried

EIGHTHS = st.integers(-8, 8).map(lambda numerator: Fraction(numerator, 8))
SHOWS = 0.05
"""A leading error this large is what halved steps show; a smaller one may hide behind the next order's."""
END = torch.tensor([0.0, 1.0], dtype=torch.float64)


@st.composite
def lower_triangles(draw: st.DrawFn) -> list[list[Fraction]]:
    stages = draw(st.integers(1, 5))
    return [[draw(EIGHTHS) for _ in range(stage)] for stage in range(stages)]


@st.composite
def first_order_methods(draw: st.DrawFn) -> RungeKutta:
    """Any explicit stages, and any weights that sum to 1."""
    a = draw(lower_triangles())
    rest = [draw(EIGHTHS) for _ in a[1:]]
    return own_method(a, [1 - sum(rest, Fraction(0)), *rest])


@st.composite
def second_order_methods(draw: st.DrawFn) -> RungeKutta:
    """Any explicit stages, and weights with Σ b = 1 and Σ b c = 1/2: those of the first and one other follow."""
    a = draw(lower_triangles())
    c = [sum(row, Fraction(0)) for row in a]
    moving = [stage for stage, node in enumerate(c) if node]
    assume(moving)
    last = draw(st.sampled_from(moving))
    b = [Fraction(0) if stage in (0, last) else draw(EIGHTHS) for stage in range(len(a))]
    b[last] = (Fraction(1, 2) - sum((x * y for x, y in zip(b, c, strict=True)), Fraction(0))) / c[last]
    b[0] = 1 - sum(b, Fraction(0))
    return own_method(a, b)


@st.composite
def third_order_methods(draw: st.DrawFn) -> RungeKutta:
    """Three stages at nodes of one's choice. Source: Hairer, Nørsett, Wanner, II.1, exercise 4, after Kutta."""
    second, third = draw(EIGHTHS), draw(EIGHTHS)
    assume(second and third and second != third and second != Fraction(2, 3))
    b3 = (2 - 3 * second) / (6 * third * (third - second))
    b2 = (3 * third - 2) / (6 * second * (third - second))
    last = 1 / (6 * b3 * second)
    return own_method([[], [second], [third - last, last]], [1 - b2 - b3, b2, b3])


METHODS = st.one_of(first_order_methods(), second_order_methods(), third_order_methods())


def measured_order(method: RungeKutta, problem: KnownProblem) -> float:
    errors = []
    for steps in (128, 256):
        with torch.no_grad():
            ys = solve(problem.field, problem.y0, END, method=method, dt=1 / steps).ys
        errors.append(float((ys[-1] - problem.exact(END)[-1]).abs().max()))
    return log2(errors[0] / errors[1])


@tried(quick=4, thorough=60, method=METHODS)
def test_the_measured_order_is_the_certified_one(method: RungeKutta) -> None:
    assume(step_error(method.tableau) > SHOWS)
    # One problem may have no use for a tree whose condition is missed; the worst of three has.
    measured = min(measured_order(method, problem) for problem in (MODULATED, LIMIT_CYCLE, CLOCKED))
    assert measured == pytest.approx(method.order, abs=0.25)


@tried(quick=20, thorough=300, method=second_order_methods())
def test_a_method_built_for_order_two_is_certified_with_no_less(method: RungeKutta) -> None:
    tableau = method.tableau
    assert method.order >= 2
    assert step_order(tableau.a, tableau.b) == method.order
    assert dense_order(tableau) == tableau.dense_order >= 2


@tried(quick=20, thorough=300, method=third_order_methods(), place=st.integers(0, 5), size=st.floats(1e-9, 1e-2))
def test_a_coefficient_that_is_off_by_a_billionth_costs_the_order(method: RungeKutta, place: int, size: float) -> None:
    a, b = [list(row) for row in method.tableau.a], list(method.tableau.b)
    row, column = [(a[1], 0), (a[2], 0), (a[2], 1), (b, 0), (b, 1), (b, 2)][place]
    row[column] += size
    moved = {0: b[1], 1: b[2], 2: b[2]}.get(place, 1.0)  # by how much the step feels it
    assume(abs(moved) > 1e-2)
    with pytest.raises(ValueError, match="have order|must sum to 1"):
        own_method(a, b, order=3)


@tried(quick=20, thorough=200, method=METHODS, x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_a_step_multiplies_a_linear_field_by_its_stability_polynomial(method: RungeKutta, x: float, y: float) -> None:
    z = complex(x, y)
    expected = sum(coefficient * z**power for power, coefficient in enumerate(stability_polynomial(method.tableau)))
    found = step_matrices(method, torch.tensor([z], dtype=torch.complex128))
    assert complex(found[0, 0, 0]) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    turned = torch.tensor([[x, -y], [y, x]], dtype=torch.float64)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    with torch.no_grad():
        ys = solve(lambda t, state: turned @ state, start, END, method=method, dt=1.0).ys
    assert complex(*ys[-1].tolist()) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@tried(quick=10, thorough=100, high=second_order_methods(), data=st.data())
def test_any_other_weights_of_its_stages_make_a_method_adaptive(high: RungeKutta, data: st.DataObject) -> None:
    stages = high.tableau.stages
    rest = [data.draw(EIGHTHS) for _ in range(stages - 1)]
    low = [1 - sum(rest, Fraction(0)), *rest]
    assume(any(abs(float(x) - y) > 1e-3 for x, y in zip(low, high.tableau.b, strict=True)))
    method = own_method(high.tableau.a, high.tableau.b, b_low=low)
    assert method.adaptive and method.error_order >= 1
