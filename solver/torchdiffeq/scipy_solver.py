"""The methods of scipy's solve_ivp, without gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from solver.field import DifferentiableField
from solver.torchdiffeq.request import Request
from solver.torchdiffeq.states import States
from solver.torchdiffeq.trouble import SolveFailed, WrongArgument

DEFAULT = "LSODA"


def scipy_rows(asked: Request, field: DifferentiableField) -> Tensor:
    """The packed states at the asked times, by the `solver` of scipy that the options name. Raises when scipy fails."""
    if asked.event_fn is not None:
        raise WrongArgument("scipy_solver finds no events; use any other method.")
    try:
        from scipy.integrate import solve_ivp
    except ImportError as missing:
        raise WrongArgument("scipy_solver needs scipy: install it, or use another method.") from missing
    states, options = asked.states, asked.options
    start = states.packed(asked.y0).detach()
    times = asked.t.detach().double().tolist()
    if len(times) == 1:
        return start[None].clone()

    def evaluate(t: float, y: Any) -> Any:
        state = states.split(torch.as_tensor(y).to(start.device, states.dtype))
        with torch.no_grad():
            dy = field.evaluate(t, states.packed(state))
        return states.vector(states.unpacked(dy)).cpu().numpy()

    solver = options.get("solver", DEFAULT)
    limits = {"max_step": float(options.get("max_step", float("inf")))}
    if solver == DEFAULT:
        limits["min_step"] = float(options.get("min_step", 0.0))
    found = solve_ivp(
        evaluate,
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
    return _packed_rows(states, torch.as_tensor(found.y).T.to(start.device, states.dtype).contiguous())


def _packed_rows(states: States, vectors: Tensor) -> Tensor:
    """Typed vectors, one a row, as packed states."""
    if states.is_plain:
        return vectors.view(-1, *states.shapes[0])
    return torch.view_as_real(vectors).flatten(1) if states.is_complex else vectors


def _numbers(tolerance: float | Tensor) -> Any:
    return tolerance.cpu().numpy() if isinstance(tolerance, Tensor) else tolerance
