"""Declared fields promise that they may be replayed: they take a time that stays on its device, and read nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from nodeviz.fields import Field, FormulaField, MLPField
from nodeviz.fields.modules.traced_field import TracedField
from solver.resident.field import repeats
from tests.elsewhere import ELSEWHERE, staying_there
from tests.host_reads import counted_reads
from tests.nodeviz.fields.test_every_field import CHOOSING, VARIANTS, name_of

NUMBER = 0.37
ALSO_CONSTANT = FormulaField("1", "0", ())
"""Its velocity is made on the CPU, which a graph refuses: it is then solved without."""


def some(fields: list[Field]) -> list[Any]:
    """Every fifth is tried in the quick suite, too."""
    return [pytest.param(field, marks=pytest.mark.slow if n % 5 else ()) for n, field in enumerate(fields)]


PROMISING = [field for field in VARIANTS if field != CHOOSING]
FLOWS = [field for field in PROMISING if not isinstance(field, FormulaField)]
KEEPING = [field for field in PROMISING if field != ALSO_CONSTANT]


def states(dim: int, rows: int = 5) -> torch.Tensor:
    return torch.linspace(-1.0, 1.0, rows * dim).view(rows, dim)


def module(field: Field) -> torch.nn.Module:
    torch.manual_seed(0)
    made = field.module(field.initial_parameters(1))
    with torch.no_grad():
        made.theta.add_(0.1 * torch.randn_like(made.theta))
    return made


def assert_takes_time_as_a_tensor(made: torch.nn.Module, y: torch.Tensor) -> None:
    assert repeats(made)
    time = torch.tensor(NUMBER)
    with counted_reads() as reads:
        dy = made.evaluate(time, y)
        linear, pullback = made.linearise(time, y)
        pulled = pullback(torch.cos(dy))
    assert reads.count == 0
    torch.testing.assert_close(dy, made.evaluate(NUMBER, y))
    as_number, pullback = made.linearise(NUMBER, y)
    usual = pullback(torch.cos(dy))
    torch.testing.assert_close(linear, as_number)
    for ours, theirs in ((pulled.y, usual.y), (pulled.parameters[0], usual.parameters[0])):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("field", some(PROMISING), ids=name_of)
def test_a_field_takes_its_time_as_a_tensor_and_reads_nothing(field: Field) -> None:
    assert_takes_time_as_a_tensor(module(field), states(field.dim))


@pytest.mark.parametrize("field", some(FLOWS), ids=name_of)
def test_so_does_one_with_a_density_beside_its_state(field: Field) -> None:
    assert_takes_time_as_a_tensor(TracedField(module(field)), states(field.dim + 1))


@pytest.mark.parametrize("traced", [False, True], ids=["alone", "with a density"])
@pytest.mark.parametrize("field", some(KEEPING), ids=name_of)
def test_a_field_on_another_device_keeps_to_it(field: Field, traced: bool) -> None:
    if traced and isinstance(field, FormulaField):
        pytest.skip("no density goes with a formula")
    made = module(field).to(ELSEWHERE)
    whole = TracedField(made) if traced else made
    y, time = states(field.dim + traced).to(ELSEWHERE), torch.zeros((), device=ELSEWHERE)
    whole.evaluate(time, y)
    with staying_there():
        dy = whole.evaluate(time, y)
        _, pullback = whole.linearise(time, y)
        pulled = pullback(dy)
    assert {each.device.type for each in (dy, pulled.y, *pulled.parameters) if each is not None} == {ELSEWHERE}


def test_a_formula_that_chooses_promises_nothing() -> None:
    assert not repeats(module(CHOOSING))
    assert repeats(module(FormulaField()))


def test_a_field_with_an_evaluation_of_its_own_promises_nothing() -> None:
    made = module(MLPField())
    made.evaluate = lambda t, y: y
    assert not repeats(made)
