"""Hutchinson's estimates of a field's divergence beside the exact one: mean, deviation and time by probes."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from time import perf_counter
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.analysis.report import Chart, Column, Report, Series, Table
from nodeviz.analysis.study import Subject
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.tasks.densities.accompanied import PROBES, probe_of
from nodeviz.tasks.learnt import place
from nodeviz.tasks.match_density import as_match_density
from nodeviz.tasks.solving import solve_as_set
from solver.field import paired

COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""Probes at every point, of which the mean is taken."""
POINTS = 256
NAMES = {"gaussian": "Hutchinson, Gaussian", "rademacher": "Hutchinson, Rademacher"}
COLUMNS = (
    Column("divergence", sentence="How it is computed."),
    Column("probes", sentence="At each point; the estimate is their mean."),
    Column("mean", "1/s", 5, f"Over {POINTS} points of the flow, half way from the base to the data."),
    Column(
        "off by", "errors", 2, "The mean's distance from the exact one, in standard errors; beyond 4 is suspicious."
    ),
    Column("deviation", "1/s", 3, "Of the estimate at a point from the exact divergence there, root mean square."),
    Column("expected", "1/s", 3, "The deviation that follows from the Jacobians."),
    Column("time", "ms", 3, "For all points together."),
)


class Somewhere(NamedTuple):
    """A field at a time t, and points ys (batch, 2) that the flow brings there."""

    module: FlatModule
    t: float
    ys: Tensor


class Estimate(NamedTuple):
    """By one kind with so many probes, over all points."""

    kind: str
    probes: int
    mean: float
    off: float
    deviation: float
    expected: float
    milliseconds: float


def reports(subject: Subject) -> Iterator[Report]:
    """One more number of probes in every report."""
    where = _half_way(subject)
    if not bool(torch.isfinite(where.ys).all()):
        yield Report(sentence="The flow cannot be followed half way. Reset, or loosen the tolerances.", done=True)
        return
    jacobians = jacobians_of(where)
    exact = jacobians.diagonal(dim1=1, dim2=2).sum(1)
    milliseconds = _milliseconds_of_exact(where)
    _estimates(where, PROBES[0], 1, seed=0)  # what autograd does only once is not timed
    found: list[Estimate] = []
    for probes in COUNTS:
        for kind in PROBES:
            subject.attend()
            found.append(estimate(where, kind, probes, jacobians))
        yield _report(exact, milliseconds, found, f"Up to {probes} of {COUNTS[-1]} probes a point so far.")
    worst = max(abs(one.off) for one in found)
    sentence = (
        f"No mean is further than {worst:.1f} standard errors from the exact one. Each estimate needs four times the "
        "probes for half the deviation; in the plane the exact trace costs two derivatives."
    )
    yield _report(exact, milliseconds, found, sentence, done=True)


def _half_way(subject: Subject) -> Somewhere:
    experiment = subject.experiment
    task = as_match_density(experiment.task)
    module = place(experiment.field, subject.theta).learnt.double().field
    zs = torch.from_numpy(task.drawn_base(POINTS, experiment.training.seed))
    span = torch.tensor((0.0, task.duration / 2), dtype=torch.float64)
    with torch.no_grad():
        ys = solve_as_set(experiment.solver, module, zs, span).ys[-1]
    return Somewhere(module, task.duration / 2, ys)


def jacobians_of(where: Somewhere) -> Tensor:
    """(batch, 2, 2), [b, i, j] = ∂f_i/∂y_j."""
    with torch.enable_grad():
        ys = where.ys.detach().requires_grad_()
        dy = where.module(where.t, ys)
        rows = [torch.autograd.grad(dy[:, i].sum(), ys, retain_graph=True, materialize_grads=True)[0] for i in range(2)]
    return torch.stack(rows, 1)


def _milliseconds_of_exact(where: Somewhere) -> float:
    """Of the velocity and its divergence, as a solve evaluates them: the least of a few times."""
    times = []
    for _ in range(5):
        began = perf_counter()
        where.module.evaluate_traced(where.t, where.ys)
        times.append(1e3 * (perf_counter() - began))
    return min(times)


def estimate(where: Somewhere, kind: str, probes: int, jacobians: Tensor, seed: int = 0) -> Estimate:
    """Of the divergence, compared with the one in `jacobians`."""
    began = perf_counter()
    estimates = _estimates(where, kind, probes, seed)
    milliseconds = 1e3 * (perf_counter() - began)
    exact = jacobians.diagonal(dim1=1, dim2=2).sum(1)
    variances = variances_of(jacobians, kind) / probes
    error = sqrt(float(variances.mean()) / len(exact))
    apart = estimates - exact
    off = float(apart.mean()) / error if error else 0.0
    deviation = float(apart.square().mean().sqrt())
    expected = sqrt(float(variances.mean()))
    return Estimate(kind, probes, float(estimates.mean()), off, deviation, expected, milliseconds)


def variances_of(jacobians: Tensor, kind: str) -> Tensor:
    """Of an estimate with one probe, (batch,): 2 |S|² for normal probes, without the diagonal of S for signs.

    S is the symmetric part of the Jacobian (Avron & Toledo, 2011).
    """
    symmetric = (jacobians + jacobians.transpose(1, 2)) / 2
    squares = symmetric.square().sum((1, 2))
    if kind == "rademacher":
        squares = squares - symmetric.diagonal(dim1=1, dim2=2).square().sum(1)
    return 2 * squares


def _estimates(where: Somewhere, kind: str, probes: int, seed: int) -> Tensor:
    """The mean of eᵀ J e over the probes e, at every point (batch,)."""
    total = torch.zeros(len(where.ys), dtype=where.ys.dtype)
    with torch.enable_grad():
        ys = where.ys.detach().requires_grad_()
        dy = where.module(where.t, ys)
        for k in range(probes):
            probe = probe_of(kind, ys.shape, 1000 * seed + k, ys)
            (row,) = torch.autograd.grad(paired(dy, probe), ys, retain_graph=True, materialize_grads=True)
            total += (row * probe).sum(1)
    return total / probes


def _report(exact: Tensor, milliseconds: float, found: list[Estimate], sentence: str, done: bool = False) -> Report:
    first = ("exact", None, float(exact.mean()), None, None, None, milliseconds)
    rows = [
        (NAMES[one.kind], float(one.probes), one.mean, one.off, one.deviation, one.expected, one.milliseconds)
        for one in found
    ]
    return Report(Table(COLUMNS, (first, *rows)), _chart(found), sentence, done)


def _chart(found: list[Estimate]) -> Chart:
    series = []
    for kind in PROBES:
        of_kind = [one for one in found if one.kind == kind]
        counts = tuple(float(one.probes) for one in of_kind)
        series.append(Series(NAMES[kind], counts, tuple(one.deviation for one in of_kind), "points"))
        series.append(Series("expected", counts, tuple(one.expected for one in of_kind), "guide"))
    return Chart("probes at a point", "deviation", tuple(series), log_x=True, log_y=True)
