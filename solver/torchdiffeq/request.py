"""What a call of odeint asks for, checked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from solver.torchdiffeq import methods
from solver.torchdiffeq.norms import Allowed
from solver.torchdiffeq.options import Stepping, known, stepping
from solver.torchdiffeq.states import State, States
from solver.torchdiffeq.trouble import WrongArgument, WrongType

Func = Callable[[Tensor, Any], Any]
EventFunction = Callable[[Tensor, Any], Tensor]


@dataclass(frozen=True)
class Request:
    """The arguments of odeint. `t` is on the device of y0; `options` are those that the method takes."""

    func: Func
    y0: State
    states: States
    t: Tensor
    rtol: Allowed
    atol: Allowed
    method: str
    options: Mapping[str, Any]
    event_fn: EventFunction | None

    @property
    def stepping(self) -> Stepping:
        return stepping(self.method, self.options)


def request(
    func: Func,
    y0: State,
    t: Tensor,
    rtol: Allowed,
    atol: Allowed,
    method: str | None,
    given: Mapping[str, Any] | None,
    event_fn: EventFunction | None,
) -> Request:
    """The arguments as a request. Raises as torchdiffeq does for those that cannot work."""
    states = States(y0)
    _check_times(t)
    if event_fn is not None and len(t) != 2:
        raise WrongArgument(f"We require len(t) == 2 when in event handling mode, but got len(t)={len(t)}.")
    if t.device != states.device:
        warnings.warn("t is not on the same device as y0. Coercing to y0.device.", stacklevel=3)
        t = t.to(states.device)
    name = methods.checked_name(method)
    return Request(func, y0, states, t, rtol, atol, name, known(name, given), event_fn)


def _check_times(t: Tensor) -> None:
    if not isinstance(t, Tensor):
        raise WrongType(f"t must be a torch.Tensor; got {type(t).__name__}.")
    if not torch.is_floating_point(t):
        raise WrongType(f"`t` must be a floating point Tensor but is a {t.dtype}.")
    if t.dim() != 1 or len(t) == 0:
        raise WrongArgument(f"t must be one dimensional, with at least one time; got shape {tuple(t.shape)}.")
    rising, falling = t[1:] > t[:-1], t[1:] < t[:-1]
    if not (bool(rising.all()) or bool(falling.all())):
        raise WrongArgument("t must be strictly increasing or decreasing.")
