"""odeint_adjoint: gradients by a second solve, back in time, in memory that does not grow with the steps."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from solver.field import AutogradField, Field, Gradients, Pullback
from solver.gradients.backsolve import AdjointPlan, Backsolve
from solver.gradients.problem import Problem
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.plan import Plan
from solver.torchdiffeq import methods, options
from solver.torchdiffeq.forward import Evaluated, answer, evaluated, first_size
from solver.torchdiffeq.norms import AdjointStates, Allowed, UserNorm, adjoint_tolerance
from solver.torchdiffeq.request import EventFunction, Func, Request, request
from solver.torchdiffeq.scipy_adjoint import problem_of, solve_with_scipy_adjoint
from solver.torchdiffeq.states import State
from solver.torchdiffeq.trouble import WrongArgument
from solver.torchdiffeq.watching import callbacks, together


def odeint_adjoint(
    func: Func,
    y0: State,
    t: Tensor,
    *,
    rtol: Allowed = 1e-7,
    atol: Allowed = 1e-9,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    event_fn: EventFunction | None = None,
    adjoint_rtol: Allowed | None = None,
    adjoint_atol: Allowed | None = None,
    adjoint_method: str | None = None,
    adjoint_options: Mapping[str, Any] | None = None,
    adjoint_params: Iterable[Tensor] | None = None,
) -> Any:
    """As `odeint`, with gradients by the adjoint equation, to y0, t and `adjoint_params`, by default func's parameters.

    The arguments of the adjoint solve are those of the forward one where they are not given; of `options` all but the
    norm. The norm of `adjoint_options` is "seminorm", which leaves the parameters' gradients out, or a function of
    (dL/dt, y, dL/dy, *dL/dparameters), by default the largest norm of these.
    """
    asked = request(func, y0, t, rtol, atol, method, options, event_fn)
    parameters = _parameters(func, adjoint_params, adjoint_options)
    if adjoint_method is not None and adjoint_method != method and options is not None and adjoint_options is None:
        raise WrongArgument(
            "If `adjoint_method != method` then we cannot infer `adjoint_options` from `options`. So as `options` has "
            "been passed then `adjoint_options` must be passed as well."
        )
    inherited = {key: value for key, value in asked.options.items() if key != "norm"}
    back = Backwards(
        asked,
        parameters,
        methods.checked_name(adjoint_method) if adjoint_method is not None else asked.method,
        inherited if adjoint_options is None else adjoint_options,
        asked.rtol if adjoint_rtol is None else adjoint_rtol,
        asked.atol if adjoint_atol is None else adjoint_atol,
    )
    how = evaluated(asked)
    field, plan = AdjointField(how.function, parameters, asked), back.plans(how)
    if asked.method == methods.SCIPY:
        callbacks(func, asked.method, asked.states.restore)  # warns of those that are not called
        return solve_with_scipy_adjoint(asked, problem_of(asked, field, plan), plan)
    return answer(asked, how, Backsolve(adjoint_plan=plan, instead="odeint"), field)


def _parameters(func: Func, given: Iterable[Tensor] | None, options: Mapping[str, Any] | None) -> list[Tensor]:
    """What to differentiate with respect to, besides y0 and t."""
    if given is None and not isinstance(func, torch.nn.Module):
        raise WrongArgument(
            "func must be an instance of nn.Module to specify the adjoint parameters; alternatively they can be "
            "specified explicitly via the `adjoint_params` argument. If there are no parameters then it is allowable "
            "to set `adjoint_params=()`."
        )
    every = list(_own(func) if given is None and isinstance(func, torch.nn.Module) else given or ())
    wanted = [parameter for parameter in every if parameter.requires_grad]
    if len(wanted) < len(every) and callable((options or {}).get("norm")):
        warnings.warn(
            "An adjoint parameter was passed without requiring gradient. For efficiency this will be excluded from the "
            "adjoint pass, and will not appear as a tensor in the adjoint norm.",
            stacklevel=3,
        )
    return wanted


def _own(module: torch.nn.Module) -> list[Tensor]:
    """The parameters of a module; of a replica that DataParallel made, the tensors that stand for them."""
    if not getattr(module, "_is_replica", False):
        return list(module.parameters())
    tensors = [value for part in module.modules() for value in vars(part).values() if isinstance(value, Tensor)]
    return [value for value in tensors if value.requires_grad]


class AdjointField:
    """The user's function, differentiated with respect to the packed state and the parameters, and to nothing else."""

    def __init__(self, function: Field, parameters: Sequence[Tensor], asked: Request) -> None:
        like = asked.states.packed(asked.y0).detach()
        self._inner = AutogradField(function, parameters, like)
        # the adjoint equation is in real numbers
        self._shown = [torch.view_as_real(x) if x.is_complex() else x for x in parameters]

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        with torch.no_grad():
            return self._inner.evaluate(t, y)

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        dy, pullback = self._inner.linearise(t, y)

        def real_pullback(cotangent: Tensor) -> Gradients:
            found = pullback(cotangent)
            shown = (torch.view_as_real(x) if x is not None and x.is_complex() else x for x in found.parameters)
            return found._replace(parameters=tuple(shown))

        return dy, real_pullback

    def parameters(self) -> Iterable[Tensor]:
        return self._shown


class Backwards:
    """How the adjoint equation is to be integrated."""

    def __init__(
        self,
        asked: Request,
        parameters: Sequence[Tensor],
        method: str,
        given: Mapping[str, Any],
        rtol: Allowed,
        atol: Allowed,
    ) -> None:
        if method == methods.SCIPY:  # which has no adjoint steps to offer
            method, given = methods.DEFAULT, {key: value for key, value in given.items() if key != "solver"}
        self._asked, self._method = asked, method
        self._options = options.known(method, given)
        norm: UserNorm | str | None = self._options.get("norm")
        self._states = AdjointStates(asked.states, parameters)
        self._measure = adjoint_tolerance(self._states, rtol, atol, asked.options.get("norm"), norm)

    def plans(self, how: Evaluated) -> AdjointPlan:
        """The plan for each interval between output times."""
        steps, states = options.stepping(self._method, self._options), self._states
        called = callbacks(
            self._asked.func, self._method, lambda z: states.as_tuple(states.typed(z)), suffix="_adjoint"
        )
        watch = together(how.perturbed, called)

        def plan(problem: Problem, times: Sequence[float]) -> Plan:
            if how.perturbed is not None:
                how.perturbed.begin(*times)
            grid = self._grid(steps, times)
            equal = isinstance(steps.method, AdamsBashforth | AdamsBashforthMoulton) and bool(grid)
            return Plan(
                steps.method,
                steps.controller,
                self._measure,
                # Adams methods take equal steps, as many as the grid has
                abs(times[1] - times[0]) / (len(grid) - 1) if equal else first_size(steps, grid, self._asked.t),
                steps.max_steps,
                () if equal else tuple(grid) or (*steps.forced_times, *steps.jump_times),
                steps.min_step,
                steps.max_step,
                watch,
            )

        return plan

    def _grid(self, steps: options.Stepping, times: Sequence[float]) -> list[float]:
        """Where fixed steps from the first of the times to the second end; nothing where an error chooses."""
        if steps.controller.adaptive:
            return []
        asked = self._asked
        return options.grid_of(steps, asked.func, asked.y0, asked.t.detach().new_tensor(times))
