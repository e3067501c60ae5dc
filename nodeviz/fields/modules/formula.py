"""A typed field in torch: the formulas' closures over the point, the time and θ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields.formula_language import parse
from nodeviz.fields.formula_language.compile_torch import Values, compile_torch
from nodeviz.fields.formula_language.tree import Choose, walk
from nodeviz.fields.modules.flat import FlatModule

if TYPE_CHECKING:
    from nodeviz.fields.formula import FormulaField


class FormulaModule(FlatModule):
    """The formulas of `field`; θ holds all parameters, and those that are not trained have gradient 0."""

    def __init__(self, field: FormulaField, theta: NDArray[np.float32]) -> None:
        super().__init__(theta)
        self.field = field
        trees = (parse(field.dx), parse(field.dy))
        self._velocities = tuple(map(compile_torch, trees))
        # where a formula chooses, each branch gets its own points, and how many these are has to be read
        self._reads = any(isinstance(node, Choose) for tree in trees for node in walk(tree))

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., 2) through autograd."""
        across, up = y.unbind(-1)
        values = Values({"x": across, "y": up, "t": self._time(t, y), **self._parameters_by_name()}, across.shape)
        velocities = [velocity(values).to(y).expand(across.shape) for velocity in self._velocities]
        return torch.stack(velocities, dim=-1)

    def repeats(self) -> object | None:
        """No promise where it has to read what it computed."""
        return None if self._reads else super().repeats()

    def _time(self, t: Tensor | float, y: Tensor) -> Tensor:
        return torch.as_tensor(t, dtype=y.dtype, device=y.device)

    def _parameters_by_name(self) -> dict[str, Tensor]:
        # Those that are not trained are cut off the graph: a gradient times 0 would let a NaN through.
        fixed = self.theta.detach()
        return {
            parameter.name: (self.theta if parameter.trained else fixed)[place]
            for place, parameter in enumerate(self.field.parameters)
        }
