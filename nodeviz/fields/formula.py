"""A typed vector field, as declared: two formulas and their named parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.declared import DeclaredField, Slot
from nodeviz.settings import Settings, described

if TYPE_CHECKING:
    from nodeviz.fields.modules.formula import FormulaModule

MAX_LENGTH = 500


class Parameter(Settings, frozen=True):
    """A named number of a formula, with the range of its slider."""

    name: Annotated[str, described("name", "What the formulas call it.", max_length=32)]
    value: Annotated[float, described("value", "Where it stands before training.")] = 1.0
    low: Annotated[float, described("lowest", "The left end of its slider.")] = -5.0
    high: Annotated[float, described("highest", "The right end of its slider.")] = 5.0
    trained: Annotated[bool, described("trained", "Whether training may move it.")] = True


class FormulaField(DeclaredField, frozen=True, tag="formula"):
    """dx/dt and dy/dt as typed."""

    dx: Annotated[str, described("dx/dt", "Velocity along x, in x, y, t and parameters.", max_length=MAX_LENGTH)] = (
        "a*x**3 - b*y**3"
    )
    dy: Annotated[str, described("dy/dt", "Velocity along y, in x, y, t and parameters.", max_length=MAX_LENGTH)] = (
        "b*x**3 + a*y**3"
    )
    parameters: tuple[Parameter, ...] = (Parameter("a", -0.5, -2.0, 2.0), Parameter("b", 1.0, -5.0, 5.0))

    def layout(self) -> tuple[Slot, ...]:
        """One number a parameter, trained or not."""
        return tuple(Slot(parameter.name, ()) for parameter in self.parameters)

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """The parameters' declared values; nothing is drawn."""
        return np.array([parameter.value for parameter in self.parameters], np.float32)

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2)."""
        raise NotImplementedError

    def module(self, theta: NDArray[np.float32]) -> FormulaModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.formula import FormulaModule

        return FormulaModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        raise NotImplementedError
