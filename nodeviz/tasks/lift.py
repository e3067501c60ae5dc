"""From the plane into the state space of an augmented field: the other dimensions start at zero."""

from __future__ import annotations

import torch
from torch import Tensor

from nodeviz.fields import Field


def lifted(ys: Tensor, field: Field) -> Tensor:
    """`ys` (..., 2) as states (..., dim) of `field`."""
    return torch.nn.functional.pad(ys, (0, field.augmented)) if field.augmented else ys
