"""Is a field solved by the kernel, and if not, why? A sentence for people who want to know."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.arguments import check_start
from solver.field import DifferentiableField, Field, differentiates_itself
from solver.native.description import describes_itself
from solver.native.library import KERNELS, describe
from solver.native.observing import observed
from solver.native.recognising import NotUnderstoodError, recognise
from solver.native.recognising.agreement import agrees


def explain(field: Field | DifferentiableField, y0: Tensor, t0: float = 0.0) -> str:
    """Whether solves of `field` that start at (t0, y0) are made by the kernel, and if not, the first reason why.

    It is looked at as if for the first time, and evaluated twice. That the method is an explicit Runge-Kutta method and
    the gradient "checkpointed", as by default, is taken for granted.
    """
    check_start(y0)
    if y0.device.type != "cpu":
        return "This field is solved in torch: the kernel is for states on the CPU."
    kernel = KERNELS.get(y0.dtype)
    if kernel is None:
        return describe(y0.dtype)
    if observed(y0):
        return "This field is solved in torch: somebody listens to torch's calls, or transforms them."
    if describes_itself(field):
        known = field.native() is not None
        return f"This field describes itself{'' if known else ' as none that the kernel knows'}: {_ways(known)}."
    if differentiates_itself(field):
        return "This field differentiates itself and does not describe itself: it is solved in torch."
    if not KERNELS.recognising:
        return "This field is solved in torch: native.allow(modules=False) was called."
    if not callable(field):
        raise ValueError(f"field must be callable as field(t, y) -> dy; got {type(field).__name__}.")
    try:
        with torch.no_grad():
            found = recognise(field, (), t0, y0, afresh=True).field
    except NotUnderstoodError as refusal:
        return f"This field is solved in torch. {refusal}"
    if not agrees(field, found, kernel, t0, y0):
        return (
            "This field is solved in torch: its slope at the start is not finite, or not that of what it seems to be."
        )
    sizes = "-".join(map(str, (found.network.layers[0].inputs, *(layer.outputs for layer in found.network.layers))))
    cubed = " on y³" if found.network.cubed else ""
    return f"This field is recognised as a network, {sizes} {found.network.activation}{cubed}: {_ways(True)}."


def _ways(native: bool) -> str:
    return "it is solved by the native kernel" if native else "it is solved in torch"
