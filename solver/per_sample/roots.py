"""Where many functions change their signs at once: `solver.root` for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from solver.root import CLOSE, MOST_EVALUATIONS, SMALLEST


class _Bracket(NamedTuple):
    """The newest point, the one on the other side of the root, and the one before, each with its value."""

    near: Tensor
    at_near: Tensor
    far: Tensor
    at_far: Tensor
    third: Tensor
    at_third: Tensor

    def found(self) -> Tensor:
        width = 2 * CLOSE * torch.maximum(self.near.abs(), self.far.abs()) + SMALLEST
        return (self.at_near == 0.0) | ((self.near - self.far).abs() <= width)

    def narrowed(self, new: Tensor, at_new: Tensor) -> _Bracket:
        same = (at_new > 0.0) == (self.at_near > 0.0)
        third, at_third = torch.where(same, self.near, self.far), torch.where(same, self.at_near, self.at_far)
        far, at_far = torch.where(same, self.far, self.near), torch.where(same, self.at_far, self.at_near)
        return _Bracket(new, at_new, far, at_far, third, at_third)


def bracketed_roots(function: Callable[[Tensor], Tensor], a: Tensor, at_a: Tensor, b: Tensor, at_b: Tensor) -> Tensor:
    """Roots between each a and b, where the function has the opposite signs `at_a` and `at_b`, or is zero at b."""
    bracket = _Bracket(b, at_b, a, at_a, a, at_a)
    fraction = torch.full_like(a, 0.5)
    for _ in range(MOST_EVALUATIONS):
        found = bracket.found()
        if bool(found.all()):
            break
        new = bracket.near + fraction * (bracket.far - bracket.near)
        narrowed = bracket.narrowed(new, function(new))
        bracket = _Bracket(*(torch.where(found, x, y) for x, y in zip(bracket, narrowed, strict=True)))
        fraction = _fraction(bracket)
    return torch.where(bracket.at_near.abs() <= bracket.at_far.abs(), bracket.near, bracket.far)


def _fraction(bracket: _Bracket) -> Tensor:
    """How far from `near` towards `far` to look next; as `solver.root` has it."""
    near, at_near, far, at_far, third, at_third = bracket
    along = (near - far) / (third - far)
    height = (at_near - at_far) / (at_third - at_far)
    monotone = (1.0 - torch.sqrt((1.0 - along).clamp(min=0.0)) < height) & (height < along.clamp(min=0.0).sqrt())
    guess = at_near / (at_far - at_near) * at_third / (at_far - at_third)
    guess = guess + (third - near) / (far - near) * at_near / (at_third - at_near) * at_far / (at_third - at_far)
    smallest = CLOSE * torch.maximum(near.abs(), far.abs()) / (far - near).abs()
    usable = monotone & torch.isfinite(guess)
    return torch.where(usable, torch.minimum(1.0 - smallest, torch.maximum(smallest, guess)), 0.5)
