"""Does a field depend on tensors that nobody told the solver about? Their gradients would be lost in silence."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from weakref import ref

from torch import Tensor

from solver.gradients.graph import nodes_behind


def detached_from_known(slope: Tensor, parameters: Iterable[Tensor]) -> Tensor:
    """`slope` without its graph. It must have been evaluated at constants.

    Raises `ValueError` when it depends on a tensor that is not in `parameters` and outlives the evaluation. One that
    the field made for itself, as those that differentiate inside do, dies with the graph.
    """
    if not slope.requires_grad:
        return slope
    foreign = _foreign_leaves(slope, parameters)
    slope = slope.detach()
    shapes = _still_alive(foreign)
    if shapes:
        gc.collect()  # the field's own tensors may have died in a circle
        shapes = _still_alive(foreign)
    if shapes:
        raise ValueError(
            "The field depends on tensors that require gradients but that the solver was not told of, "
            f"one of shape {shapes[0]}. Pass them as parameters=…, make the field an nn.Module that "
            'owns them, or use gradient="direct".'
        )
    return slope


def _still_alive(leaves: Sequence[ref[Tensor]]) -> list[tuple[int, ...]]:
    """The shapes of those of `leaves` that somebody still holds."""
    held = (leaf() for leaf in leaves)
    return [tuple(leaf.shape) for leaf in held if leaf is not None]


def _foreign_leaves(slope: Tensor, parameters: Iterable[Tensor]) -> list[ref[Tensor]]:
    """Every leaf of the graph of `slope` that is not in `parameters` and is not behind one of them."""
    parameters = tuple(parameters)
    known = {id(x) for x in parameters}
    leaves = (getattr(node, "variable", None) for node in nodes_behind(slope, parameters))
    return [ref(leaf) for leaf in leaves if leaf is not None and id(leaf) not in known]
