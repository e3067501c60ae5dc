"""What training moves, as torch: the field and the task's own weights, which share one flat vector."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields import Field
from nodeviz.fields.layout import size_of
from nodeviz.fields.modules.flat import FlatModule


class Learnt(NamedTuple):
    """The field, and the task's own weights, flat and of no entries for most tasks. Both are leaves."""

    field: FlatModule
    own: Tensor

    def double(self) -> Learnt:
        """A copy in float64, to compare with. It is no longer part of any vector."""
        field = copy.deepcopy(self.field).double()
        return Learnt(field, self.own.detach().double().requires_grad_())

    def gradient(self, loss: Tensor) -> Tensor:
        """The gradient of `loss` in θ: flat, the field's part first; of no entries when nothing in it is learnt."""
        if not loss.requires_grad:
            return torch.zeros(0)
        if not self.own.numel():
            return torch.autograd.grad(loss, self.field.theta)[0]
        parts = torch.autograd.grad(loss, (self.field.theta, self.own), materialize_grads=True)
        return torch.cat(parts)


class Placed(NamedTuple):
    """θ on a device: `theta` is the whole vector, and what changes there changes in `learnt`."""

    theta: Tensor
    learnt: Learnt


def place(field: Field, theta: NDArray[np.float32], device: torch.device | str = "cpu") -> Placed:
    """A copy of `theta`, the field's part and then the task's own, on `device`."""
    size = size_of(field.layout())
    module = field.module(theta[:size]).to(device)
    if theta.size == size:
        return Placed(module.theta.detach(), Learnt(module, torch.zeros(0, device=device)))
    whole = torch.from_numpy(np.array(theta, np.float32)).to(device)
    module.theta.data = whole[:size]
    return Placed(whole, Learnt(module, whole[size:].requires_grad_()))
