"""Gradients that can be taken once only say so when someone differentiates them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

IN_TIMES = (
    "Second derivatives do not exist with respect to ts. "
    'Pass ts.detach(), and gradient="direct" for second derivatives in y0 and the parameters.'
)
OF_EVENTS = (
    "Second derivatives of the times and states of events do not exist. "
    'Use the states at output times, and gradient="direct" for their second derivatives in y0 and the parameters.'
)


def through(mode: str, instead: str = 'gradient="direct"') -> str:
    """Why gradients of that mode are not differentiated again, and what to do."""
    return (
        f'Second derivatives do not exist through gradient="{mode}", nor with respect to ts. '
        f"Use {instead} for second derivatives in y0 and the parameters."
    )


def once(gradients: Iterable[Tensor | None], sources: Iterable[Tensor], refusal: str) -> tuple[Tensor | None, ...]:
    """`gradients` as they are. Where a graph is being made of the backward pass (create_graph), to differentiate them
    by whatever leads to one of their `sources` raises `RuntimeError` with the `refusal`.

    Sources are all that the gradients depend on. One that is left out is a derivative of zero, with no error: autograd
    visits none but the nodes between what it differentiates and what by.
    """
    found = tuple(gradients)
    if not torch.is_grad_enabled():
        return found
    present = [gradient for gradient in found if gradient is not None]
    tied = iter(_Once.apply(refusal, len(present), *present, *sources))
    return tuple(None if gradient is None else next(tied) for gradient in found)


def never_by(source: Tensor, gradient: Tensor, refusal: str) -> Tensor:
    """`gradient` as it is, which may be differentiated again, but by nothing that leads to `source`."""
    if not torch.is_grad_enabled():
        return gradient
    (nothing,) = _Once.apply(refusal, 1, gradient.new_zeros(()), source)
    found: Tensor = gradient + nothing
    return found


class _Once(torch.autograd.Function):
    """The first `count` tensors as they are; all of them lead to the refusal."""

    @staticmethod
    def forward(ctx: Any, refusal: str, count: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.refusal = refusal
        return tuple(gradient.clone() for gradient in tensors[:count])  # a view could not be written to

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[None, ...]:
        raise RuntimeError(ctx.refusal)
