"""audit_gradient(): one gradient of one solve beside the exact one, and beside finite differences of the loss."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import isnan, nan
from typing import NamedTuple

import torch
from torch import Tensor

from solver.controllers import Controller
from solver.field import DifferentiableField, Field, differentiates_itself
from solver.gradient_audit import Differences, GradientAudit, Part
from solver.gradients.problem import Gradient
from solver.method import Method
from solver.methods.dop853 import DOP853
from solver.solution import Solution
from solver.solving import solve

Loss = Callable[[Tensor], Tensor]
"""The saved states (times, *y0.shape) -> a scalar. It is given float32 and float64 states."""

EXACT = 1e-12
MOST_STEPS = 100_000
WIDTH = 1e-3
"""Finite differences are central, of fourth order: of this width they and the exact solve are off by about 1e-9."""
NEGLIGIBLE = 1e-9
"""Parts of the gradient that are smaller, relative to the whole, have no relative error of their own."""


class Setting(NamedTuple):
    """How a solve is made: arguments of `solve`."""

    gradient: str | Gradient = "checkpointed"
    method: str | Method = DOP853
    rtol: float = EXACT
    atol: float = EXACT
    dt: float | None = None
    controller: str | Controller | None = None
    max_steps: int = MOST_STEPS
    rowwise: bool = False


class Subject(NamedTuple):
    """What is solved and differentiated: a problem, a loss, and the parameters that require grad with their names.

    `owned`: the parameters are those of a module, so that a copy of the field has copies of them.
    """

    field: Field | DifferentiableField
    y0: Tensor
    ts: Tensor
    loss: Loss
    parameters: tuple[Tensor, ...]
    names: tuple[str, ...]
    owned: bool


class Taken(NamedTuple):
    """A gradient, of y0, ts and the parameters in turn, flat and in float64, and the solve that it is of."""

    gradient: tuple[Tensor, ...]
    solution: Solution


def audit_gradient(
    field: Field | DifferentiableField,
    y0: Tensor,
    ts: Tensor,
    loss: Loss,
    *,
    gradient: str | Gradient = "checkpointed",
    method: str | Method = "dopri5",
    rtol: float = 1e-6,
    atol: float = 1e-8,
    dt: float | None = None,
    controller: str | Controller | None = None,
    max_steps: int = 10_000,
    parameters: Iterable[Tensor] | None = None,
    rowwise: bool = False,
    directions: int = 3,
    seed: int = 0,
) -> GradientAudit:
    """Compare the gradient of loss(solve(field, y0, ts, …).ys) with the exact one. Arguments as those of `solve`.

    The exact gradient is that of a solve in float64 by dop853 at 1e-12, and is itself compared with finite differences
    of that solve's loss along `directions` random directions in y0 and the parameters. A third gradient, the
    checkpointed one of the solve as asked for, tells the mode's own error from the tolerance's.

    An `nn.Module` is copied to float64 for this; of any other field y0 and the parameters have to be float64 already,
    else `ValueError`. Nobody's `.grad` is touched. `print` the result.
    """
    setting = Setting(gradient, method, rtol, atol, dt, controller, max_steps, rowwise)
    subject = _subject(field, y0, ts, loss, parameters)
    twin = _in_float64(subject)
    audited, exact = _take(subject, setting), _take(twin, Setting(rowwise=rowwise))
    steps = _take(subject, setting._replace(gradient="checkpointed"))
    parts, of_parameters, whole = _parts(subject.names, exact, audited, steps)
    stats = audited.solution.stats
    return GradientAudit(
        mode=_name(gradient),
        method=_name(method),
        rtol=rtol,
        atol=atol,
        dtype=str(y0.dtype).removeprefix("torch."),
        parts=parts,
        parameters=of_parameters,
        whole=whole,
        differences=_differences(twin, exact, audited, directions, seed),
        nfe_forward=stats.nfe_forward,
        nfe_backward=stats.nfe_backward,
        drift=stats.drift,
        status=audited.solution.status,
        backward_status=stats.backward_status,
        exact_status=exact.solution.status,
    )


def _name(choice: str | Gradient | Method) -> str:
    return choice if isinstance(choice, str) else choice.name


def _subject(
    field: Field | DifferentiableField, y0: Tensor, ts: Tensor, loss: Loss, parameters: Iterable[Tensor] | None
) -> Subject:
    named: dict[str, Tensor]
    owned = parameters is None and isinstance(field, torch.nn.Module)
    if owned and isinstance(field, torch.nn.Module):
        named = dict(field.named_parameters())
    else:
        if parameters is None:
            parameters = field.parameters() if differentiates_itself(field) else ()
        named = {f"parameters[{place}]": parameter for place, parameter in enumerate(parameters)}
    trained = {name: parameter for name, parameter in named.items() if parameter.requires_grad}
    return Subject(field, y0.detach(), ts.detach(), loss, tuple(trained.values()), tuple(trained), owned)


def _in_float64(subject: Subject) -> Subject:
    """The same subject in float64: a copy of a module, or the field itself where it and its parameters are that."""
    y0, ts, field = subject.y0.double(), subject.ts.double(), subject.field
    if subject.owned and isinstance(field, torch.nn.Module):
        copied = copy.deepcopy(field).double()
        trained = dict(copied.named_parameters())
        return subject._replace(field=copied, y0=y0, ts=ts, parameters=tuple(trained[name] for name in subject.names))
    if any(x.dtype != torch.float64 for x in (subject.y0, *subject.parameters)):
        raise ValueError(
            f"An audit solves in float64, and a {type(field).__name__} cannot be copied to it. "
            "Make the field an nn.Module that owns its parameters, or pass y0 and the parameters as float64."
        )
    return subject._replace(ts=ts)


def _take(subject: Subject, setting: Setting) -> Taken:
    """Solve and differentiate as `setting` says."""
    y0, ts = subject.y0.clone().requires_grad_(), subject.ts.clone().requires_grad_()
    with torch.enable_grad():
        solution = _solve(subject, setting, y0, ts)
        value = subject.loss(solution.ys)
        sources = (y0, ts, *subject.parameters)
        found = torch.autograd.grad(value, sources, allow_unused=True, materialize_grads=True)
    return Taken(tuple(x.detach().double().flatten() for x in found), solution)


def _solve(subject: Subject, setting: Setting, y0: Tensor, ts: Tensor) -> Solution:
    return solve(subject.field, y0, ts, **setting._asdict(), parameters=subject.parameters or None)


class _Parts(NamedTuple):
    parts: tuple[Part, ...]
    parameters: tuple[Part, ...]
    whole: Part


def _parts(names: Sequence[str], *gradients: Taken) -> _Parts:
    """The exact, the audited and the steps' gradient, compared as a whole and in parts."""
    flat = [[x.cpu() for x in taken.gradient] for taken in gradients]
    whole = _part("y0 and θ" if names else "y0", [torch.cat([each[0], *each[2:]]) for each in flat], smallest=0.0)
    smallest = NEGLIGIBLE * whole.size
    parts = [_part("y0", [each[0] for each in flat], smallest)]
    if names:
        parts.append(_part("θ", [torch.cat(each[2:]) for each in flat], smallest))
    parts += [_part("t0", [each[1][:1] for each in flat], smallest)]
    parts += [_part("t1", [each[1][-1:] for each in flat], smallest)]
    of_parameters = [_part(name, [each[2 + n] for each in flat], smallest) for n, name in enumerate(names)]
    return _Parts(tuple(parts), tuple(of_parameters), whole)


def _part(name: str, gradients: Sequence[Tensor], smallest: float) -> Part:
    exact, audited, steps = gradients
    size = float(exact.norm())
    scale = max(size, smallest) or 1.0
    error, from_mode, from_solve = (float(x.norm()) / scale for x in (audited - exact, audited - steps, steps - exact))
    cosine = float(torch.dot(audited, exact) / (audited.norm() * size)) if size > smallest else nan
    return Part(name, size, error, from_mode, from_solve, cosine)


def _differences(twin: Subject, exact: Taken, audited: Taken, directions: int, seed: int) -> Differences:
    """The worst relative difference between directional derivatives and differences of the exact loss."""
    leaves, generator = (twin.y0, *twin.parameters), torch.Generator().manual_seed(seed)
    places = (0, *range(2, 2 + len(twin.parameters)))  # the times are told in `parts`
    along, missed, missed_by_audited = [], [], []
    for _ in range(directions):
        tangents = [torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device) for x in leaves]
        size = torch.cat([x.flatten() for x in tangents]).norm()
        tangents = [x / size for x in tangents]
        found = _difference(twin, leaves, tangents)
        slopes = [
            sum(float(torch.dot(taken.gradient[n].to(x), x.flatten())) for n, x in zip(places, tangents, strict=True))
            for taken in (exact, audited)
        ]
        along.append(abs(found))
        missed.append(abs(slopes[0] - found))
        missed_by_audited.append(abs(slopes[1] - found))
    largest = max(along, default=0.0) or 1.0
    return Differences(_worst(missed) / largest, _worst(missed_by_audited) / largest, directions)


def _worst(errors: Sequence[float]) -> float:
    return nan if any(map(isnan, errors)) else max(errors, default=nan)


def _difference(twin: Subject, leaves: Sequence[Tensor], tangents: Sequence[Tensor]) -> float:
    """The derivative of the exact loss along `tangents`, by central differences of fourth order."""
    total = 0.0
    with torch.no_grad():
        for offset, weight in ((1, 8 / 12), (-1, -8 / 12), (2, -1 / 12), (-2, 1 / 12)):
            with _moved(leaves, tangents, offset * WIDTH):
                total += weight * float(twin.loss(_solve(twin, Setting(), twin.y0, twin.ts).ys))
    return total / WIDTH


@contextmanager
def _moved(leaves: Sequence[Tensor], tangents: Sequence[Tensor], width: float) -> Iterator[None]:
    """Within, `leaves` stand `width` along `tangents`; afterwards they hold what they held, to the bit."""
    before = [leaf.detach().clone() for leaf in leaves]
    try:
        for leaf, tangent in zip(leaves, tangents, strict=True):
            leaf.add_(tangent, alpha=width)
        yield
    finally:
        for leaf, value in zip(leaves, before, strict=True):
            leaf.copy_(value)
