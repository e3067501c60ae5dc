"""What solve() is given, checked: a mistake raises `ValueError` with what was expected, what came, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import copysign, isfinite, isnan
from typing import SupportsFloat

import torch
from torch import Tensor

from solver.norms import RMS, Norm
from solver.tolerance import Measure, NormedTolerance, Tolerance


def checked_times(ts: Tensor, open_end: bool) -> list[float]:
    """The output times as numbers. With an open end, the last may be infinite."""
    if not isinstance(ts, Tensor) or ts.dim() != 1 or ts.numel() == 0:
        came = f"a tensor of shape {tuple(ts.shape)}" if isinstance(ts, Tensor) else f"{type(ts).__name__}"
        raise ValueError(f"ts must be a tensor of shape (times,) with at least one time; got {came}.")
    if not ts.is_floating_point():
        raise ValueError(f"ts must be floating point; got {ts.dtype}. Use ts.to(torch.float64).")
    times: list[float] = ts.tolist()
    if not all(map(isfinite, times[:-1] if open_end and len(times) > 1 else times)) or isnan(times[-1]):
        raise ValueError("ts must be finite; it holds an infinite time or one that is not a number.")
    signs = {copysign(1.0, after - before) for before, after in pairwise(times) if after != before}
    if len(signs) > 1:
        raise ValueError("ts must run one way, rising or falling; it turns around. Sort it, or solve in parts.")
    return times


def check_start(y0: Tensor) -> None:
    """Raise unless y0 is a state that can be integrated."""
    if not isinstance(y0, Tensor) or y0.dtype not in (torch.float32, torch.float64):
        came = y0.dtype if isinstance(y0, Tensor) else type(y0).__name__
        raise ValueError(f"y0 must be a float32 or float64 tensor; got {came}.")
    if y0.numel() == 0:
        raise ValueError(f"y0 must have at least one entry; got shape {tuple(y0.shape)}.")


def check_callable(field: object) -> None:
    """Raise unless the field can be called."""
    if not callable(field):
        raise ValueError(f"field must be callable as field(t, y) -> dy; got {type(field).__name__}.")


def check_number(name: str, value: object) -> None:
    """Raise unless the value is a number, of whatever library."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return
    if isinstance(value, str | bool) or not isinstance(value, SupportsFloat):
        raise ValueError(f"{name} must be a number; got {value!r}.")


def check_switches(**values: object) -> None:
    """Raise unless each value is True or False."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be True or False; got {value!r}.")


def moments(name: str, times: Iterable[float] | Tensor) -> tuple[float, ...]:
    """Times within a solve, in any order, as numbers."""
    if isinstance(times, str) or not isinstance(times, Iterable):
        raise ValueError(f"{name} must be some numbers, or a tensor of them; got {times!r}. Pass one as [{times!r}].")
    found = tuple(map(float, times.tolist() if isinstance(times, Tensor) else times))
    if not all(map(isfinite, found)):
        raise ValueError(f"{name} must be finite; got {found}.")
    return found


def chosen_tolerance(rtol: float | Tensor, atol: float | Tensor, norm: Norm, y0: Tensor) -> Measure:
    """How the size of an error is told: the fastest way where one pair of numbers and the RMS are all that is asked."""
    shape = y0.shape
    for name, part in (("rtol", rtol), ("atol", atol)):
        if not isinstance(part, Tensor):
            check_number(name, part)
        elif not _broadcasts(part.shape, shape):
            raise ValueError(f"{name} must broadcast to y0's shape {tuple(shape)}; got shape {tuple(part.shape)}.")
    if norm is RMS and not isinstance(rtol, Tensor) and not isinstance(atol, Tensor):
        return Tolerance(rtol, atol)
    return NormedTolerance(rtol, atol, norm, lambda flat: flat.view(shape))


def known_parameters(given: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """What was passed as `parameters`."""
    if isinstance(given, torch.nn.Module):
        raise ValueError("parameters must be tensors; got a module. Pass module.parameters().")
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, Tensor):
            raise ValueError(f"parameters must be tensors, several of them; got {type(each).__name__}.")
    return found


def check_kind(name: str, value: object, kind: type, needs: str) -> None:
    """Raise unless the value, where there is one, does what an object of that kind must."""
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{name} must have {needs}; got {type(value).__name__}.")


def _broadcasts(part: torch.Size, shape: torch.Size) -> bool:
    """Whether a tensor of the one shape is as good as one of the other."""
    trailing = shape[len(shape) - len(part) :] if len(part) <= len(shape) else ()
    return len(trailing) == len(part) and all(size in (1, wanted) for size, wanted in zip(part, trailing, strict=True))
