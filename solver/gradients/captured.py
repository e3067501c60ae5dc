"""Does a field depend on tensors that nobody told the solver about? Their gradients would be lost in silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor


def refuse_captured(slope: Tensor, parameters: Iterable[Tensor]) -> None:
    """Raise `ValueError` when `slope`, evaluated at constants, depends on a tensor that is not in `parameters`."""
    known = {id(x) for x in parameters}
    inner = [x.grad_fn for x in parameters if x.grad_fn is not None]
    waiting: list[Any] = [slope.grad_fn]
    seen: set[Any] = {None, *inner}
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in known:
            raise ValueError(
                "The field depends on tensors that require gradients but that the solver was not told of, "
                f"one of shape {tuple(leaf.shape)}. Pass them as parameters=…, make the field an nn.Module that "
                'owns them, or use gradient="direct".'
            )
        waiting.extend(following for following, _ in node.next_functions)
