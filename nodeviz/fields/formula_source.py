"""The standalone torch source of a typed field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodeviz.fields.formula_language import parse
from nodeviz.fields.formula_language.write_torch import CHOOSE_SOURCE, needs_choose, write_torch

if TYPE_CHECKING:
    from nodeviz.fields.formula import FormulaField


def formula_source(field: FormulaField) -> str:
    """Source of the class `Field` (and of a function it calls, when a formula chooses between branches)."""
    trees = (parse(field.dx), parse(field.dy))
    choose = f"{CHOOSE_SOURCE.strip()}\n\n\n" if any(needs_choose(tree) for tree in trees) else ""
    parameters = "".join(
        f"        self.parameter_{parameter.name} = torch.nn.Parameter(torch.tensor({parameter.value!r}))\n"
        for parameter in field.parameters
    )
    return f'''{choose}class Field(torch.nn.Module):
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
