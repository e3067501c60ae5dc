"""Who is told of steps: a user's callbacks, and the perturbation of times, which follows the steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from math import inf
from typing import Any

import torch
from torch import Tensor

from solver.one_sided import Window
from solver.torchdiffeq import methods
from solver.watch import AcceptedStep, Mark, Watch

CALLBACKS = ("callback_step", "callback_accept_step", "callback_reject_step")


class Callbacks:
    """Calls func's `callback_step`, `callback_accept_step` and `callback_reject_step` as (t0, y0, |dt|)."""

    def __init__(self, calls: Sequence[Callable[..., Any] | None], shown: Callable[[Tensor], Any]) -> None:
        self._step, self._accept, self._reject = calls
        self._shown = shown

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        self._call(self._step, t, y, dt)

    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        self._call(self._reject, t, y, dt)

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        self._call(self._accept, step.t, step.y, step.dt)
        return ()

    def _call(self, callback: Callable[..., Any] | None, t: float, y: Tensor, dt: float) -> None:
        if callback is not None:
            time, size = (torch.tensor(x, dtype=torch.float64, device=y.device) for x in (t, abs(dt)))
            callback(time, self._shown(y), size)


def callbacks(func: object, name: str, shown: Callable[[Tensor], Any], *, suffix: str = "") -> Callbacks | None:
    """The callbacks that `func` has and the method of that name calls; the others are warned of. None: no callbacks."""
    found = {callback: getattr(func, callback + suffix, None) for callback in CALLBACKS}
    valid = _valid(name)
    ignored = {callback + suffix for callback, call in found.items() if call is not None and callback not in valid}
    if ignored:
        warnings.warn(f"Solver '{name}' does not support callbacks {ignored}", stacklevel=4)
    calls = [call if callback in valid else None for callback, call in found.items()]
    return None if all(call is None for call in calls) else Callbacks(calls, shown)


def _valid(name: str) -> Collection[str]:
    if name == methods.SCIPY:
        return ()
    return CALLBACKS if name in methods.ADAPTIVE else CALLBACKS[:1]


class PerturbedTimes:
    """Keeps the times that a field is evaluated at strictly inside the step that is being made."""

    def __init__(self, like: Tensor) -> None:
        self._like = like
        self._window = Window(-inf, inf)

    def clamp(self, t: Tensor) -> Tensor:
        return self._window.clamp(t)

    def begin(self, start: float, stop: float) -> None:
        """The times from now on are inside the step from `start` to `stop`."""
        self._window = Window.between(start, stop, self._like, open_start=True, open_stop=True)

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        self.begin(t, t + dt)

    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        """Nothing to do: the next attempt says where it is."""

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        return ()


class Several:
    """Watches that are told of the same steps."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        for watch in self._watches:
            watch.attempting(t, y, dt)

    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        for watch in self._watches:
            watch.rejected(t, y, dt)

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        return [mark for watch in self._watches for mark in watch.accepted(step)]


def together(*watches: Watch | None) -> Watch | None:
    """One watch for all that there are."""
    present = [watch for watch in watches if watch is not None]
    return Several(present) if len(present) > 1 else present[0] if present else None
