"""A formula written as torch source stays short, and computes what numpy does where there is no number."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.fields import FormulaField
from nodeviz.fields.formula_language import FUNCTIONS


def nested(name: str, depth: int) -> str:
    formula, others = "x", ", y" * (FUNCTIONS[name].fewest - 1)
    for _ in range(depth):
        formula = f"{name}({formula}{others})"
    return formula


@pytest.mark.parametrize("name", FUNCTIONS)
def test_source_grows_by_as_much_with_every_nesting(name: str) -> None:
    lengths = [len(FormulaField(nested(name, depth), "y", ()).torch_source()) for depth in range(1, 10)]
    assert len(set(np.diff(lengths))) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_written_function_is_numpys_also_where_there_is_no_number(name: str) -> None:
    field = FormulaField(nested(name, 1), nested(name, 2), ())
    scope: dict[str, object] = {"torch": torch}
    exec(field.torch_source(), scope)
    edge = [-2.0, -0.5, 0.0, 0.5, 800.0, np.nan]
    y = np.stack(np.meshgrid(edge, edge), -1).reshape(-1, 2)
    theta = np.zeros(0, np.float32)
    by_numpy, here = field.velocity(theta, 0.0, y), field.module(theta).double().evaluate(0.0, torch.from_numpy(y))
    written = scope["Field"]()(0.0, torch.from_numpy(y))  # type: ignore[operator]
    for by_torch in (here, written):
        np.testing.assert_allclose(by_torch.numpy(), by_numpy, rtol=1e-9, atol=1e-12)
