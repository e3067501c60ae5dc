"""torchdiffeq's `options`, checked: which there are, and what they say about steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf
from typing import Any

import torch
from torch import Tensor

from solver.controllers import Controller
from solver.integrate import AT_STEP_END
from solver.method import Method
from solver.torchdiffeq import methods
from solver.torchdiffeq.trouble import WrongArgument

MOST_STEPS = 2**31 - 1
OLD = frozenset({"grid_points", "eps"})
"""Options of older versions."""
ADAPTIVE = OLD | {
    *("norm", "dtype", "first_step", "min_step", "max_step", "safety", "ifactor", "dfactor", "max_num_steps"),
    *("step_t", "jump_t"),
}
FIXED = frozenset({"norm", "step_size", "grid_constructor", "interp", "perturb"})
ADAMS = FIXED | {"max_order", "max_iters"}
SCIPY = OLD | {"norm", "solver", "min_step", "max_step"}
INTERPOLATIONS = ("linear", "cubic")

GridConstructor = Callable[[Any, Any, Tensor], Tensor]


@dataclass(frozen=True)
class Stepping:
    """How a method is to step. Fixed steps have `step_size` or `grid`, adaptive ones the rest."""

    method: Method
    controller: Controller
    max_steps: int = MOST_STEPS
    first_step: float | None = None
    min_step: float = 0.0
    max_step: float = inf
    forced_times: tuple[float, ...] = ()
    jump_times: tuple[float, ...] = ()
    step_size: float | None = None
    grid: GridConstructor | None = None
    interp: str = "linear"
    perturb: bool = False


def known(name: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options that the method takes; the others are warned of and left out."""
    takes = ADAPTIVE if name in methods.ADAPTIVE else ADAMS if name in methods.ADAMS else FIXED
    takes = SCIPY if name == methods.SCIPY else takes
    given = dict(options or {})
    unexpected = {key: value for key, value in given.items() if key not in takes}
    if unexpected:
        warnings.warn(f"{name}: Unexpected arguments {unexpected}", stacklevel=4)
    return {key: value for key, value in given.items() if key in takes}


def stepping(name: str, options: Mapping[str, Any]) -> Stepping:
    """What the options say, for the method of that name."""
    controller = methods.controller(name, options)
    if name not in methods.ADAPTIVE:
        return _fixed_steps(methods.fixed_step_method(name, options.get("max_order")), controller, options)
    forced = _times("step_t", options.get("step_t"))
    jumps = _times("jump_t", options.get("jump_t", options.get("grid_points")))
    if len({*forced, *jumps}) < len(forced) + len(jumps):
        raise WrongArgument("`step_t` and `jump_t` must not have any repeated elements between them.")
    first = options.get("first_step")
    return Stepping(
        methods.ADAPTIVE[name],
        controller,
        max_steps=int(options.get("max_num_steps", MOST_STEPS)),
        first_step=None if first is None else float(first),
        min_step=float(options.get("min_step", 0.0)),
        max_step=float(options.get("max_step", inf)),
        forced_times=forced,
        jump_times=jumps,
    )


def grid_of(steps: Stepping, func: Any, y0: Any, t: Tensor) -> list[float]:
    """Where fixed steps through the times `t` begin and end."""
    times: list[float] = t.tolist()
    if steps.grid is not None:
        grid: list[float] = torch.as_tensor(steps.grid(func, y0, t), dtype=torch.float64).tolist()
        if grid[0] != times[0] or grid[-1] != times[-1]:
            raise WrongArgument(
                "A grid must begin at the first and end at the last of the times, "
                f"{times[0]} and {times[-1]}; got {grid[0]} and {grid[-1]}."
            )
        return grid
    if steps.step_size is None:
        return times
    count = max(1, ceil(abs(times[-1] - times[0]) / steps.step_size * (1 - AT_STEP_END)))
    signed = steps.step_size if times[-1] >= times[0] else -steps.step_size
    return [*(times[0] + n * signed for n in range(count)), times[-1]]


def _fixed_steps(method: Method, controller: Controller, options: Mapping[str, Any]) -> Stepping:
    size, grid = options.get("step_size"), options.get("grid_constructor")
    if size is not None and grid is not None:
        raise WrongArgument("step_size and grid_constructor are mutually exclusive arguments.")
    if size is not None and not float(size) > 0.0:
        raise WrongArgument(f"step_size must be positive, also where times fall; got {size}.")
    interp = options.get("interp", "linear")
    if interp not in INTERPOLATIONS:
        raise WrongArgument(f"Unknown interpolation method {interp}; there are {', '.join(INTERPOLATIONS)}.")
    return Stepping(
        method,
        controller,
        step_size=None if size is None else float(size),
        grid=grid,
        interp=interp,
        perturb=bool(options.get("perturb", False)),
    )


def _times(name: str, times: Any) -> tuple[float, ...]:
    if times is None:
        return ()
    found = tuple(map(float, torch.as_tensor(times, dtype=torch.float64).tolist()))
    if any(after == before for before, after in pairwise(sorted(found))):
        raise WrongArgument(f"`{name}` must not have any repeated elements; got {found}.")
    return found
