"""A field with its directional derivatives: how tangents of a state, one for each direction, move along with it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from solver.field import AutogradField, FlatField, Pullback
from solver.implicit.jacobians import Jacobians


class TangentField:
    """d/dt of (y, S), of shape (1 + directions, *y.shape): f, and J s + ∂f/∂θ e for each tangent s in S.

    The first `directions` - parameters' entries have no part e of their own: they are directions of y0. Products with
    J come from the pullback, which is linear in its cotangent: its derivative by that is the pushforward, for
    whatever autograd differentiates twice.
    """

    def __init__(self, field: AutogradField, directions: int, shape: torch.Size) -> None:
        self._field = field
        self._directions = directions
        self._jacobians = Jacobians(FlatField(field, shape))
        self._parameters = tuple(field.parameters())
        self._units = _units(self._parameters, directions)

    def evaluate(self, t: float, z: Tensor) -> Tensor:
        y, tangents = z[0], z[1:]
        with torch.enable_grad():
            state = y.detach().requires_grad_()
            dy = self._field.evaluate(t, state)
            if not dy.requires_grad:
                return torch.cat((dy[None], torch.zeros_like(tangents)))
            moved = self._push(dy, (state, *self._parameters), (tangents, *self._units))
        return torch.cat((dy.detach()[None], torch.zeros_like(tangents) if moved is None else moved))

    def _push(self, dy: Tensor, sources: Sequence[Tensor], tangents: Sequence[Tensor]) -> Tensor | None:
        """Σ ∂dy/∂source · tangent for all directions at once, (directions, *dy.shape)."""
        cotangent = torch.zeros_like(dy, requires_grad=True)
        pulled = torch.autograd.grad(dy, sources, cotangent, create_graph=True, allow_unused=True)
        pairs = [(p, s) for p, s in zip(pulled, tangents, strict=True) if p is not None and p.requires_grad]
        if not pairs:
            return None
        outputs, directions = zip(*pairs, strict=True)
        (moved,) = torch.autograd.grad(outputs, cotangent, directions, is_grads_batched=True, allow_unused=True)
        return moved

    def blocks(self, t: float, z: Tensor) -> Tensor:
        """The Jacobians of y' in y and of each tangent in itself, at flat z, for implicit methods.

        What is left out is triangular: Newton's iterations see y settle first.
        """
        y = z[: z.numel() // (1 + self._directions)]
        return self._jacobians.blocks(t, y).repeat(1 + self._directions, 1, 1)

    def linearise(self, t: float, z: Tensor) -> tuple[Tensor, Pullback]:
        raise NotImplementedError("Tangents are pushed forward only, never pulled back.")

    def parameters(self) -> Sequence[Tensor]:
        return ()


def _units(parameters: Sequence[Tensor], directions: int) -> list[Tensor]:
    """For each parameter, its part (directions, *shape) in every direction; the last ones are one entry each."""
    row = directions - sum(parameter.numel() for parameter in parameters)
    found = []
    for parameter in parameters:
        size = prod(parameter.shape)
        units = parameter.new_zeros(directions, size)
        units[row : row + size].fill_diagonal_(1.0)
        found.append(units.view(directions, *parameter.shape))
        row += size
    return found
