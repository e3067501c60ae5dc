"""A user's state, a tensor or a tuple of tensors, real or complex, and the flat real vector that the solver sees."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from solver.torchdiffeq.trouble import WrongArgument

State = Tensor | tuple[Tensor, ...]


class States:
    """How states like `y0` lie in flat vectors: `typed` ones, of their dtype, and `flat` ones, of real numbers."""

    def __init__(self, y0: State) -> None:
        if not isinstance(y0, Tensor | tuple):
            raise WrongArgument(f"y0 must be either a torch.Tensor or a tuple of them; got {type(y0).__name__}.")
        self.is_tuple = not isinstance(y0, Tensor)
        parts = _parts(y0)
        self.shapes = [part.shape for part in parts]
        self.sizes = [prod(shape) for shape in self.shapes]
        self.dtype = self.vector(y0).dtype
        self.device = parts[0].device
        self.is_complex = self.dtype.is_complex
        self.is_plain = not (self.is_tuple or self.is_complex)

    def vector(self, state: State) -> Tensor:
        """The typed vector of a state."""
        parts = [part.reshape(-1) for part in _parts(state)]
        return torch.cat(parts) if self.is_tuple else parts[0]

    def flat(self, state: State) -> Tensor:
        """The flat vector of a state."""
        vector = self.vector(state)
        return torch.view_as_real(vector).reshape(-1) if self.is_complex else vector

    def typed(self, flat: Tensor) -> Tensor:
        """The typed vector that lies in the flat one."""
        return torch.view_as_complex(flat.reshape(-1, 2)) if self.is_complex else flat

    def split(self, vector: Tensor) -> State:
        """The state in a typed vector; of several, one a row, the states with the rows as their first axis."""
        if not self.is_tuple:
            return vector.reshape((*vector.shape[:-1], *self.shapes[0]))
        parts, rows = vector.split(self.sizes, -1), vector.shape[:-1]
        return tuple(part.reshape((*rows, *shape)) for part, shape in zip(parts, self.shapes, strict=True))

    def restore(self, flat: Tensor) -> State:
        """The state in a flat vector; of several, one a row, the states with the rows as their first axis."""
        if self.is_complex:
            flat = torch.view_as_complex(flat.reshape(*flat.shape[:-1], -1, 2))
        return self.split(flat)

    def packed(self, state: State) -> Tensor:
        """What solve() integrates: a plain real tensor as it is, any other state as its flat vector."""
        return state if self.is_plain and isinstance(state, Tensor) else self.flat(state)

    def unpacked(self, packed: Tensor) -> State:
        """The state, or states with rows as their first axis, that solve() knows as `packed`."""
        return packed if self.is_plain else self.restore(packed)

    def per_entry(self, name: str, value: float | Tensor | Sequence[float | Tensor]) -> float | Tensor:
        """A tolerance as a number, or as a typed vector: for a tuple of states, a tuple has one for each of them."""
        if isinstance(value, Tensor) and value.requires_grad:
            raise WrongArgument(f"{name} cannot require gradient.")
        if isinstance(value, Tensor) and value.dim() == 0:
            return float(value)
        if not isinstance(value, Tensor | Sequence):
            return value
        parts = list(value) if self.is_tuple else [value]
        if len(parts) != len(self.shapes):
            raise WrongArgument(
                f"If using tupled {name} it must have the same length as the tuple y0: "
                f"expected {len(self.shapes)}, got {len(parts)}."
            )
        found = zip(map(self.real_like, parts), self.shapes, strict=True)
        return torch.cat([part.expand(shape).reshape(-1) for part, shape in found])

    def real_like(self, value: float | Tensor | Sequence[float | Tensor]) -> Tensor:
        """A real number, or several, as a tensor of the states' precision, where they are."""
        return torch.as_tensor(value, dtype=self.dtype.to_real(), device=self.device)


def _parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else tuple(state)
