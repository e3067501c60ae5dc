"""A method of one's own: built from lists, refused with a reason when its coefficients are wrong."""

from __future__ import annotations

from fractions import Fraction
from math import log2
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solver import RungeKutta, solve
from solver.methods import METHODS
from solver.methods.bosh3 import BOSH3
from solver.methods.dopri5 import DOPRI5
from solver.methods.midpoint import MIDPOINT
from solver.methods.rk4 import RK4
from solver.methods.tsit5 import TSIT5
from solver.own_tableau import own_method
from tests.problems import MODULATED

KUTTA: dict[str, Any] = {
    "a": [[], ["1/2"], [0, "1/2"], [0, 0, 1]],
    "b": ["1/6", "1/3", "1/3", "1/6"],
    "c": [0, "1/2", "1/2", 1],
}


def changed(**parts: object) -> dict[str, Any]:
    return {**KUTTA, **parts}


def test_the_order_is_found_when_it_is_not_claimed() -> None:
    assert own_method(**KUTTA).order == 4


def test_a_lower_claim_is_taken_at_its_word() -> None:
    assert own_method(**KUTTA, order=3).order == 3


def test_full_square_rows_strings_and_fractions_mean_the_same() -> None:
    square = [[0, 0, 0, 0], [Fraction(1, 2), 0, 0, 0], [0, 0.5, 0, 0], [0, 0, "1", 0]]
    assert own_method(**changed(a=square)).tableau == own_method(**KUTTA).tableau


def test_nodes_default_to_row_sums() -> None:
    assert own_method(**changed(c=None)).tableau.c == (0.0, 0.5, 0.5, 1.0)


def test_an_embedded_solution_makes_the_method_adaptive() -> None:
    method = own_method(
        [[], ["1/2"], [0, "3/4"], ["2/9", "1/3", "4/9"]],
        ["2/9", "1/3", "4/9", 0],
        b_low=["7/24", "1/4", "1/3", "1/8"],
    )
    assert (method.order, method.error_order, method.adaptive, method.tableau.fsal) == (3, 2, True, True)
    assert method.tableau.dense_order == 3


@pytest.mark.parametrize(("built_in", "order"), [(MIDPOINT, 2), (BOSH3, 3), (RK4, 3), (DOPRI5, 4), (TSIT5, 4)])
def test_dense_output_is_as_good_as_the_stages_allow(built_in: RungeKutta, order: int) -> None:
    tableau = built_in.tableau
    own = own_method(tableau.a, tableau.b, tableau.c)
    assert own.tableau.dense_order == order
    own.tableau.check()
    errors = []
    for steps in (40, 80):
        ts = (torch.arange(steps, dtype=torch.float64) + 0.3) / steps
        ts = torch.cat((torch.zeros(1, dtype=torch.float64), ts))
        ys = solve(MODULATED.field, MODULATED.y0, ts, method=own, dt=1 / steps).ys
        errors.append(float((ys - MODULATED.exact(ts)).abs().max()))
    assert log2(errors[0] / errors[1]) == pytest.approx(min(order + 1, own.order), abs=0.3)


@pytest.mark.parametrize(("asked", "nfe"), [((1.0,), 40), ((0.33, 0.66, 1.0), 40), ((0.95, 1.0), 41)])
def test_a_stage_for_dense_output_costs_an_evaluation_in_the_last_step_alone(
    asked: tuple[float, ...], nfe: int
) -> None:
    ts = torch.tensor((0.0, *asked), dtype=torch.float64)
    solution = solve(MODULATED.field, MODULATED.y0, ts, method=own_method(**KUTTA), dt=0.1)
    assert solution.stats.nfe_forward == nfe


def test_it_solves_at_once_like_the_built_in_of_the_same_coefficients() -> None:
    tableau = DOPRI5.tableau
    b_low = [b - e for b, e in zip(tableau.b, tableau.estimates[0].weights, strict=True)]
    own = own_method(tableau.a, tableau.b, tableau.c, b_low=b_low)
    y0, ts = torch.tensor([1.0, 0.5], dtype=torch.float64), torch.tensor([0.0, 3.0], dtype=torch.float64)
    mine, theirs = (solve(lambda t, y: -y * torch.cos(t), y0, ts, method=method) for method in (own, DOPRI5))
    assert torch.allclose(mine.ys, theirs.ys, rtol=1e-13)
    assert mine.stats.nfe_forward == theirs.stats.nfe_forward


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"b": ["1/6", "1/3", "1/3", "1/5"]}, "b must sum to 1"),
        ({"c": [0, "1/2", "1/2", 0.9]}, r"Row 3 of a must sum to c\[3\] = 0.9; it sums to 1.0"),
        ({"c": [0, 1]}, "c must have one entry for each of the 4 weights in b; it has 2"),
        ({"a": [[], [0.5]]}, "a must have one entry for each of the 4 weights in b; it has 2"),
        (
            {"a": [[], ["1/2", 0], [0, "1/2"], [0, 0, 1]]},
            r"a\[1\] must have the 1 entries left of the diagonal, or all 4",
        ),
        ({"a": [[0.5, 0, 0, 0], ["1/2"], [0, "1/2"], [0, 0, 1]]}, r"a\[0\]\[0\] is 0.5, on or above the diagonal"),
        ({"b": ["1/6", "1/3", "1/3", "one"]}, r"b\[3\] must be a number or a fraction"),
        ({"b": ["1/6", "1/3", "1/3", "1/0"]}, r"b\[3\] must be a number or a fraction"),
        ({"b": ["1/6", "1/3", "1/3", float("nan")]}, r"b\[3\] must be finite"),
        ({"b": ["1/6", "1/3", "1/3", "1e999999999"]}, r"b\[3\] must be finite"),
        ({"b": ["1/6", "1/3", "1/3", 10**400]}, r"b\[3\] must be a number or a fraction"),
        ({"order": 5}, "have order 4, not 5"),
        ({"order": "4"}, "order must be a whole number.*got '4'"),
        ({"a": 3}, "a must be a list, of rows for a and of numbers for all else; got 3"),
        ({"a": [[], None, [0, "1/2"], [0, 0, 1]]}, r"a\[1\] must be a list.*got None"),
        ({"b": "1111"}, "b must be a list.*got '1111'"),
        ({"c": 0.5}, "c must be a list.*got 0.5"),
        ({"b_low": ["1/6", "1/3", "1/3", "1/6"]}, "b_low must differ from b"),
        ({"b_low": [0, 0, 0, 0.9]}, "b_low must sum to 1"),
    ],
)
def test_wrong_coefficients_are_refused_with_what_is_wrong(parts: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        own_method(**changed(**parts))


def test_dopri5_weights_with_tsit5_stages_are_refused() -> None:
    with pytest.raises(ValueError, match="have order 1, not 5"):
        own_method(TSIT5.tableau.a, DOPRI5.tableau.b, TSIT5.tableau.c, order=5)


def test_dopri5_stages_with_tsit5_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="Row 1 of a must sum to"):
        own_method(DOPRI5.tableau.a, DOPRI5.tableau.b, TSIT5.tableau.c, order=5)


def test_torchdyns_rk4_without_nodes_for_time_is_refused() -> None:
    # A peer ships classical stages whose times are all t: order 1 as soon as the field depends on time.
    with pytest.raises(ValueError, match="Row 1 of a must sum to"):
        own_method(**changed(c=[0, 0, 0, 0]))


@given(
    method=st.sampled_from([m for m in METHODS if isinstance(m, RungeKutta) and m.order >= 2]),
    place=st.integers(0, 10_000),
    size=st.floats(1e-9, 1e-2),
)
def test_no_perturbed_coefficient_keeps_the_order(method: Any, place: int, size: float) -> None:
    tableau = method.tableau
    entries = [(stage, column) for stage in range(1, tableau.advancing) for column in range(stage)]
    stage, column = entries[place % len(entries)]
    a = [list(row) for row in tableau.a]
    a[stage][column] += size
    if influence(tableau, stage) > 1e-3:
        with pytest.raises(ValueError, match="have order"):
            own_method(a, tableau.b, order=tableau.order)


def influence(tableau: Any, stage: int) -> float:
    """How much the step depends on where the field is evaluated for this stage, directly."""
    return abs(tableau.b[stage])
