"""The mathematics of the flows: log-determinants, a density that is known exactly, and estimated traces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from benchmarks.figures.densities import steps_of
from benchmarks.figures.training import Effort, trained
from benchmarks.proofs.section import Section, section
from nodeviz.analysis.estimated_traces import Somewhere, estimate, jacobians_of
from nodeviz.experiment import SolverSettings
from nodeviz.fields import LinearField, MLPField
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.tasks.densities.accompanied import PROBES, exactly
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.solving import solve_as_set

TIGHT = SolverSettings(rtol=1e-6, atol=1e-6)
TIGHTEST = SolverSettings(rtol=1e-10, atol=1e-10)
FLOW = Flow(1.0, 1.0)
POINTS, PROBES_A_POINT, WEIGHTS = 200, 100, 5
ABOUT = f"""
In float64, over {POINTS} normal points a field. **log-det**: the distance of the log density gained, integrated
beside the points by dopri5 with rtol = atol = 1e-6, from log |det| of the flow's Jacobian, pulled back through
a solve at 1e-10. The tolerance is one of root mean squares over points, and so is the figure that is held
against the bar. **linear**: the distance of log q of a linear field's flow from the normal density that it is
exactly, at 1e-10. **Hutchinson**: how far the mean of {PROBES_A_POINT} probes at every point is from the exact
trace, in standard errors. Random weights are twice those at step 0.
"""


def mathematics(effort: Effort) -> Section:
    """Measure all of them; bold is what meets its bar."""
    rows = [*_log_dets(effort), _linear(), *_hutchinson(effort)]
    return section("Mathematics", ABOUT, ("what", "field", "judged", "worst", "bar"), rows)


def log_det_errors(module: FlatModule, zs: Tensor) -> Tensor:
    """How far -∫ div f is from -log |det ∂y/∂z| at each of zs (n, 2)."""
    with torch.no_grad():
        gained = FLOW.forth(exactly(module), zs, TIGHT).gained
    start = zs.detach().requires_grad_()
    span = torch.tensor((0.0, FLOW.duration), dtype=torch.float64)
    end = solve_as_set(TIGHTEST, module, start, span).ys[-1]
    rows = [torch.autograd.grad(end[:, i].sum(), start, retain_graph=True)[0] for i in range(2)]
    return (gained + torch.linalg.slogdet(torch.stack(rows, 1)).logabsdet).abs()


def linear_errors(theta: np.ndarray, zs: Tensor) -> Tensor:
    """The error of log q at the points that zs (n, 2) flow to, for dy/dt = A y + b with theta = (A, b)."""
    module = LinearField().module(theta).double()
    with torch.no_grad():
        flowed = FLOW.forth(exactly(module), zs, TIGHTEST)
        found = FLOW.log_base(zs) + flowed.gained
        affine = torch.zeros(3, 3, dtype=torch.float64)
        affine[:2, :2], affine[:2, 2] = module.theta[:4].view(2, 2), module.theta[4:]
        moved = torch.linalg.matrix_exp(affine)
        turned = moved[:2, :2]
        law = torch.distributions.MultivariateNormal(moved[:2, 2], turned @ turned.t())
        return (found - law.log_prob(flowed.ys)).abs()


def _log_dets(effort: Effort) -> Iterator[tuple[str, ...]]:
    drawn = MLPField(width=32, depth=2, time="concatsquash", cubed=False)
    modules = [drawn.module(2 * drawn.initial_parameters(seed)).double() for seed in range(WEIGHTS)]
    random = torch.stack([log_det_errors(module, _points(0)) for module in modules])
    yield _row("log-det", f"{WEIGHTS} of random weights", _rms(random), float(random.max()), 1e-5)
    learnt = log_det_errors(_learnt(effort), _points(0))
    yield _row("log-det", "eight-gaussians, trained", _rms(learnt), float(learnt.max()), 1e-5)


def _linear() -> tuple[str, ...]:
    draw = np.random.default_rng(1)
    found = [linear_errors(draw.standard_normal(6).astype(np.float32), _points(2)) for _ in range(WEIGHTS)]
    errors = torch.stack(found)
    return _row("linear", f"{WEIGHTS} of random weights", float(errors.max()), float(errors.max()), 1e-6)


def _hutchinson(effort: Effort) -> Iterator[tuple[str, ...]]:
    where = Somewhere(_learnt(effort), 0.5, 2 * _points(3))
    jacobians = jacobians_of(where)
    for kind in PROBES:
        off = [abs(estimate(where, kind, PROBES_A_POINT, jacobians, seed).off) for seed in range(WEIGHTS)]
        yield _row(f"Hutchinson, {kind}", f"eight-gaussians, trained, {WEIGHTS} times", max(off), max(off), 4.0)


def _learnt(effort: Effort) -> FlatModule:
    return trained("eight-gaussians", effort.seeds[0], steps_of("eight-gaussians", effort)).learnt.double().field


def _rms(errors: Tensor) -> float:
    return float(errors.square().mean().sqrt())


def _row(what: str, field: str, judged: float, worst: float, bar: float) -> tuple[str, ...]:
    return what, field, f"**{judged:.2g}**" if judged <= bar else f"{judged:.2g}", f"{worst:.2g}", f"{bar:g}"


def _points(seed: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((POINTS, 2)))
