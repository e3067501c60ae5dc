"""A linear field, as declared: a matrix and an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.declared import DeclaredField
from nodeviz.fields.layout import Slot
from nodeviz.fields.network import WEIGHTS_STREAM, Augmented, lifted

if TYPE_CHECKING:
    from nodeviz.fields.modules.linear import LinearModule

STARTING_DEVIATION = 0.3


class LinearField(DeclaredField, frozen=True, tag="linear"):
    """A matrix and an offset: dy/dt = A y + b, whose flow is known in closed form."""

    title: ClassVar[str] = "Linear"

    augmented: Augmented = 0

    @property
    def autonomous(self) -> bool:
        """It stands still."""
        return True

    def layout(self) -> tuple[Slot, ...]:
        """A (dim, dim) by rows, then b (dim,)."""
        return (Slot("matrix", (self.dim, self.dim)), Slot("offset", (self.dim,)))

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """A small normal matrix and no offset: a flow that starts near the identity."""
        draw = np.random.default_rng([seed, WEIGHTS_STREAM])
        matrix = STARTING_DEVIATION * draw.standard_normal(self.dim * self.dim)
        return np.concatenate([matrix, np.zeros(self.dim)]).astype(np.float32)

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2)."""
        parts = self.split(theta)
        return (lifted(y, self.augmented) @ parts["matrix"].T + parts["offset"])[..., :2]

    def module(self, theta: NDArray[np.float32]) -> LinearModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.linear import LinearModule

        return LinearModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        return f'''class Field(torch.nn.Module):
    """dy/dt = A y + b."""

    def __init__(self):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.zeros({self.dim}, {self.dim}))
        self.offset = torch.nn.Parameter(torch.zeros({self.dim}))

    def forward(self, t, y):
        """The velocity at y of shape (..., {self.dim})."""
        return y @ self.matrix.T + self.offset
'''
