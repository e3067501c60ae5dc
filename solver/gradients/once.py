"""Gradients that can be taken once only say so when someone differentiates them again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, anchor: Tensor, gradient: Tensor, mode: str) -> Tensor:
        ctx.mode = mode
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[None, None, None]:
        raise RuntimeError(
            f'Second derivatives do not exist through gradient="{ctx.mode}", nor with respect to ts. '
            'Use gradient="direct" for second derivatives in y0 and the parameters.'
        )


def once(gradient: Tensor | None, mode: str) -> Tensor | None:
    """`gradient`, refusing to be differentiated where a graph is being made of the backward pass (create_graph)."""
    if gradient is None or not torch.is_grad_enabled():
        return gradient
    anchor = torch.zeros((), requires_grad=True)
    tied: Tensor = _Once.apply(anchor, gradient, mode)
    return tied
