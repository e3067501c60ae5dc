"""torchdiffeq's norms of errors, forward and adjoint, as tolerances of the solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from solver.norms import rms
from solver.tolerance import Measure, NormedTolerance, Tolerance
from solver.torchdiffeq.states import States

UserNorm = Callable[[Any], Any]
"""A state, or for the adjoint a tuple of tensors -> its size, a scalar."""
Allowed = float | Tensor | Sequence[float | Tensor]


def mixed(parts: Sequence[Tensor]) -> Tensor | float:
    """The largest RMS of the tensors."""
    return torch.stack([rms(part) for part in parts]).max() if parts else 0.0


def state_norm(states: States, chosen: UserNorm | None) -> Callable[[Tensor], Any]:
    """The size of a typed vector: as chosen, else the RMS, of a tuple the largest of its tensors'."""
    if chosen is not None:
        return lambda vector: chosen(states.split(vector))
    if not states.is_tuple:
        return rms
    return lambda vector: mixed(vector.split(states.sizes))


def forward_tolerance(states: States, rtol: Allowed, atol: Allowed, chosen: UserNorm | None) -> Measure:
    """How large an error of a state is."""
    relative, absolute = states.per_entry("rtol", rtol), states.per_entry("atol", atol)
    plain = chosen is None and not states.is_tuple and not states.is_complex
    if plain and not isinstance(relative, Tensor) and not isinstance(absolute, Tensor):
        return Tolerance(relative, absolute)
    return NormedTolerance(relative, absolute, state_norm(states, chosen), states.typed)


class AdjointStates:
    """How (y, a, dL/dθ) lie in the flat vector of the adjoint equation."""

    def __init__(self, states: States, parameters: Sequence[Tensor]) -> None:
        self.states = states
        self._entries = sum(states.sizes)
        self._parameters = [(parameter.shape, parameter.numel(), parameter.is_complex()) for parameter in parameters]

    def typed(self, flat: Tensor) -> Tensor:
        """The vector that tolerances are for: y, a and the parameters' gradients, complex when the state is."""
        if not self.states.is_complex:
            return flat
        end = 4 * self._entries
        return torch.cat((self.states.typed(flat[:end]), torch.complex(flat[end:], torch.zeros_like(flat[end:]))))

    def split(self, vector: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """y and a as typed vectors, and the parameters' gradients."""
        n = self._entries
        rest = vector[2 * n :]
        return (
            vector[:n],
            vector[n : 2 * n],
            self._gradients(rest.real.contiguous() if self.states.is_complex else rest),
        )

    def as_tuple(self, vector: Tensor) -> tuple[Tensor, ...]:
        """As torchdiffeq shows it to norms and callbacks: (dL/dt, *y, *a, *dL/dθ); dL/dt is not integrated here: 0."""
        y, a, gradients = self.split(vector)
        zero = torch.zeros((), dtype=y.dtype.to_real(), device=y.device)
        shaped = [self.states.split(each) for each in (y, a)]
        both = [part for each in shaped for part in (each if isinstance(each, tuple) else (each,))]
        return (zero, *both, *gradients)

    def per_entry(self, name: str, value: Allowed) -> float | Tensor:
        """A tolerance for the whole vector. One for states goes for their adjoints, its smallest for the parameters."""
        counts = [2 * count if is_complex else count for _, count, is_complex in self._parameters]
        if isinstance(value, Sequence) and len(value) == 3 + len(counts):
            sizes = (self._entries, self._entries, *counts)
            return torch.cat([self.states.real_like(x).expand(n) for x, n in zip(value[1:], sizes, strict=True)])
        allowed = self.states.per_entry(name, value)
        if not isinstance(allowed, Tensor):
            return allowed
        return torch.cat((allowed, allowed, allowed.min().expand(sum(counts))))

    def _gradients(self, rest: Tensor) -> list[Tensor]:
        found = []
        for shape, count, is_complex in self._parameters:
            size = 2 * count if is_complex else count
            part, rest = rest[:size], rest[size:]
            vector = torch.view_as_complex(part.view(-1, 2)) if is_complex else part
            found.append(vector.view(shape))
        return found


def adjoint_tolerance(
    adjoint: AdjointStates, rtol: Allowed, atol: Allowed, forward: UserNorm | None, chosen: UserNorm | str | None
) -> NormedTolerance:
    """How large an error of the adjoint equation is: `chosen` is "seminorm", which leaves the parameters out, or a
    function of (dL/dt, *y, *a, *dL/dθ), or None for the largest of the norms of its parts.
    """
    of_state = state_norm(adjoint.states, forward)

    def norm(vector: Tensor) -> Any:
        if callable(chosen):
            return chosen(adjoint.as_tuple(vector))
        y, a, gradients = adjoint.split(vector)
        parts = [of_state(y), of_state(a)]
        if chosen != "seminorm":
            parts.append(mixed(gradients))
        return torch.stack([torch.as_tensor(part, device=y.device) for part in parts]).max()

    return NormedTolerance(adjoint.per_entry("rtol", rtol), adjoint.per_entry("atol", atol), norm, adjoint.typed)
