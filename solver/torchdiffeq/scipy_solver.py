"""The methods of scipy's solve_ivp, without gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from solver.field import Field
from solver.torchdiffeq.request import Request
from solver.torchdiffeq.states import State
from solver.torchdiffeq.trouble import SolveFailed, WrongArgument

DEFAULT = "LSODA"


def solve_with_scipy(asked: Request, function: Field) -> State:
    """The states at the asked times, by the `solver` of scipy that the options name. Raises when scipy fails."""
    if asked.event_fn is not None:
        raise WrongArgument("scipy_solver finds no events; use any other method.")
    try:
        from scipy.integrate import solve_ivp
    except ImportError as missing:
        raise WrongArgument("scipy_solver needs scipy: install it, or use another method.") from missing
    states, options = asked.states, asked.options
    start = states.packed(asked.y0).detach()
    if len(asked.t) == 1:
        return states.unpacked(start[None])

    def typed_function(t: float, y: Any) -> Any:
        state = states.split(torch.as_tensor(y).to(start.device, states.dtype))
        with torch.no_grad():
            dy = function(start.new_tensor(t), states.packed(state))
        return states.vector(states.unpacked(dy)).cpu().numpy()

    solver = options.get("solver", DEFAULT)
    times = asked.t.detach().double().tolist()
    limits = {"max_step": float(options.get("max_step", float("inf")))}
    if solver == DEFAULT:
        limits["min_step"] = float(options.get("min_step", 0.0))
    found = solve_ivp(
        typed_function,
        (times[0], times[-1]),
        states.vector(states.unpacked(start)).cpu().numpy(),
        t_eval=times,
        method=solver,
        rtol=_numbers(states.per_entry("rtol", asked.rtol)),
        atol=_numbers(states.per_entry("atol", asked.atol)),
        **limits,
    )
    if not found.success:
        raise SolveFailed(f"scipy's {solver} failed: {found.message}")
    ys = torch.as_tensor(found.y).T.to(start.device, states.dtype)
    return states.split(ys.contiguous())


def _numbers(tolerance: float | Tensor) -> Any:
    return tolerance.cpu().numpy() if isinstance(tolerance, Tensor) else tolerance
