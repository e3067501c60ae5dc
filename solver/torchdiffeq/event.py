"""odeint_event: solve until an event, and differentiate its time and the state there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from solver.torchdiffeq.forward import odeint
from solver.torchdiffeq.request import EventFunction, Func
from solver.torchdiffeq.states import State


def odeint_event(
    func: Func,
    y0: State,
    t0: Tensor,
    *,
    event_fn: EventFunction,
    reverse_time: bool = False,
    odeint_interface: Callable[..., Any] = odeint,
    **kwargs: Any,
) -> Any:
    """The time when an entry of event_fn(t, y) first becomes zero, and, stacked, y0 and the state then.

    Both are differentiable, by the implicit function theorem, with respect to y0, t0, and what func and event_fn
    depend on. `odeint_interface` is `odeint` or `odeint_adjoint`; `kwargs` are its arguments.
    """
    start = torch.as_tensor(t0).reshape(1)
    direction = -1.0 if reverse_time else 1.0
    t = torch.cat((start, start.detach() + direction))
    return odeint_interface(func, y0, t, event_fn=event_fn, **kwargs)
