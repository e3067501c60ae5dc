"""The typed field: its parameters, and what happens when its formulas change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.datasets import Spiral
from nodeviz.experiment import Experiment
from nodeviz.fields import FormulaField
from nodeviz.fields.formula import MOST_PARAMETERS, Parameter, retyped
from nodeviz.fields.formula_language import FormulaError
from nodeviz.settings import edited


def test_with_the_right_numbers_the_default_is_the_spirals_own_field() -> None:
    y = np.random.default_rng(0).uniform(-2, 2, (30, 2))
    theta = np.array([-0.1, 2.0], np.float32)
    np.testing.assert_allclose(FormulaField().velocity(theta, 0.0, y), Spiral().velocity(0.0, y), rtol=1e-5, atol=1e-6)


def test_a_formula_that_cannot_be_read_names_itself_and_the_column() -> None:
    with pytest.raises(FormulaError) as caught:
        FormulaField("y", "2x", ())
    assert (caught.value.formula, caught.value.column) == ("dy/dt", 2)
    assert str(caught.value).startswith("dy/dt, column 2: ")


def test_the_column_of_an_error_survives_an_edit() -> None:
    experiment = Experiment(field=FormulaField())
    with pytest.raises(FormulaError) as caught:
        edited(experiment, "field.dx", "x + * y")
    assert caught.value.column == 5


def test_a_name_without_a_parameter_is_refused_with_a_way_out() -> None:
    with pytest.raises(FormulaError, match=r"no parameter 'k'; add one\."):
        FormulaField("k*x", "y", ())
    with pytest.raises(FormulaError, match=r"no parameter 'xy'; add one, or write x\*y\."):
        FormulaField("xy", "y", ())


def test_retyping_adds_sliders_for_new_names_and_drops_unused_ones() -> None:
    field = FormulaField("a*x", "b*y", (Parameter("a", 3.0), Parameter("b", 4.0)))
    after = retyped(field, "b*x + c", "y")
    assert after.parameters == (Parameter("b", 4.0), Parameter("c"))
    assert retyped(after, "x", "y").parameters == ()


def test_two_parameters_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two parameters called a"):
        FormulaField("a", "a", (Parameter("a"), Parameter("a")))


def test_too_many_parameters_are_refused() -> None:
    many = tuple(Parameter(f"a{i}") for i in range(MOST_PARAMETERS + 1))
    with pytest.raises(ValueError, match=f"at most {MOST_PARAMETERS}"):
        FormulaField("x", "y", many)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e7])
def test_a_parameter_needs_a_number_a_slider_can_show(value: float) -> None:
    with pytest.raises(ValueError, match="value must be"):
        Parameter("a", value)
    with pytest.raises(ValueError, match="lowest must be|lowest below"):
        Parameter("a", 1.0, low=value)


def test_a_parameter_that_is_not_trained_has_no_gradient_even_where_it_would_be_undefined() -> None:
    field = FormulaField("x**n", "a*y", (Parameter("n", 2.0, trained=False), Parameter("a", 1.0)))
    module = field.module(field.initial_parameters(0))
    _, pullback = module.linearise(0.0, torch.tensor([[-1.0, 3.0]]))
    gradient = pullback(torch.ones(1, 2)).parameters[0]
    assert gradient.tolist() == [0.0, 3.0]
    assert field.held == (0,)


def test_a_parameter_may_be_called_what_a_module_calls_something_else() -> None:
    field = FormulaField("train*x", "forward*y", (Parameter("train"), Parameter("forward")))
    module = field.module(field.initial_parameters(0))
    assert module.evaluate(0.0, torch.ones(1, 2)).tolist() == [[1.0, 1.0]]
    assert [slot.name for slot in field.layout()] == ["parameter_train", "parameter_forward"]


@pytest.mark.parametrize(("dx", "autonomous"), [("x", True), ("sin(t)", False), ("atan2(x, y)", True)])
def test_it_stands_still_unless_t_is_mentioned(dx: str, autonomous: bool) -> None:
    assert FormulaField(dx, "y", ()).autonomous is autonomous


def test_velocities_off_the_domain_are_nan_and_no_warning() -> None:
    field = FormulaField("sqrt(x)", "1/y", ())
    dy = field.velocity(np.zeros(0, np.float32), 0.0, np.array([[-1.0, 0.0], [4.0, 2.0]]))
    np.testing.assert_array_equal(dy, [[np.nan, np.inf], [2.0, 0.5]])
