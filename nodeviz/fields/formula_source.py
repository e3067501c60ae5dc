"""The standalone torch source of a typed field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodeviz.fields.formula_language import parse
from nodeviz.fields.formula_language.write_torch import functions_called, write_torch

if TYPE_CHECKING:
    from nodeviz.fields.formula import FormulaField


def formula_source(field: FormulaField) -> str:
    """Source of the class `Field` (and of the functions it calls that torch does not have)."""
    trees = (parse(field.dx), parse(field.dy))
    functions = "".join(f"{source}\n\n\n" for source in functions_called(trees))
    parameters = "".join(
        f"        self.parameter_{parameter.name} = torch.nn.Parameter(torch.tensor({parameter.value!r}))\n"
        for parameter in field.parameters
    )
    return f'''{functions}class Field(torch.nn.Module):
    """dx/dt = {field.dx}
    dy/dt = {field.dy}
    """

    def __init__(self):
        super().__init__()
{parameters}
    def forward(self, t, y):
        """The velocity at y of shape (..., 2)."""
        x, y = y[..., 0], y[..., 1]
        t = torch.as_tensor(t, dtype=x.dtype, device=x.device)
        dx = {write_torch(trees[0])}
        dy = {write_torch(trees[1])}
        return torch.stack([dx.to(x).expand(x.shape), dy.to(x).expand(x.shape)], dim=-1)
'''
