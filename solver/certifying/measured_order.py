"""The orders that a method shows when it runs: on two problems with known solutions, when steps are halved."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import cos, exp, log2, nan, sin, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from solver.method import ImplicitRungeKutta, Method, Symplectic
from solver.solving import solve


class Measured(NamedTuple):
    """The order that errors show when steps are halved, on one problem. NaN: the errors say nothing."""

    problem: str
    order: float


def measured_orders(method: Method) -> tuple[Measured, ...]:
    """On each of the trials that are for methods of its kind. Takes about a second."""
    trials = SEPARABLE_TRIALS if isinstance(method, Symplectic) else TRIALS
    return tuple(Measured(trial.name, _measured_order(method, trial)) for trial in trials)


class Trial(NamedTuple):
    """A field whose solution from exact(0) is exact(t)."""

    name: str
    field: Callable[[Tensor, Tensor], Tensor]
    exact: Callable[[float], tuple[float, ...]]
    t1: float


def _driven_rotation(t: Tensor, y: Tensor) -> Tensor:
    a, b = y.unbind(-1)
    return torch.cos(t) * torch.stack((-0.1 * a + 3 * b, -3 * a - 0.1 * b), dim=-1)


def _driven_rotation_exact(t: float) -> tuple[float, ...]:
    angle, size = 3 * sin(t), exp(-0.1 * sin(t))
    return size * sin(angle), size * cos(angle)


def _limit_cycle(t: Tensor, y: Tensor) -> Tensor:
    """Hopf's normal form: r' = r (1 - r²) / 10, angle' = 4, so weakly attracting that orders show above rounding."""
    a, b = y.unbind(-1)
    outward = 0.1 * (1 - a * a - b * b)
    return torch.stack((outward * a - 4 * b, outward * b + 4 * a), dim=-1)


def _limit_cycle_exact(t: float) -> tuple[float, ...]:
    radius = 1 / sqrt(1 + exp(-0.2 * t))
    return radius * cos(4 * t), radius * sin(4 * t)


TRIALS = (
    Trial("y' = cos(t) A y", _driven_rotation, _driven_rotation_exact, 2.0),
    Trial("a limit cycle (nonlinear, autonomous)", _limit_cycle, _limit_cycle_exact, 4.0),
)


def _driven_oscillator(t: Tensor, y: Tensor) -> Tensor:
    """H = cos(t) (3 p² + 2 q²) / 2."""
    q, p = y.unbind(-1)
    return torch.cos(t) * torch.stack((3 * p, -2 * q), dim=-1)


def _driven_oscillator_exact(t: float) -> tuple[float, ...]:
    angle = sqrt(6) * sin(t)
    return sqrt(3) * sin(angle), sqrt(2) * cos(angle)


def _driven_pendulum(t: Tensor, y: Tensor) -> Tensor:
    """A pendulum, so driven that q = sin t."""
    q, p = y.unbind(-1)
    return torch.stack((p, torch.sin(torch.sin(t)) - torch.sin(t) - torch.sin(q)), dim=-1)


def _driven_pendulum_exact(t: float) -> tuple[float, ...]:
    return sin(t), cos(t)


SEPARABLE_TRIALS = (
    Trial("H = cos(t) (3 p² + 2 q²) / 2", _driven_oscillator, _driven_oscillator_exact, 2.0),
    Trial("a driven pendulum (nonlinear)", _driven_pendulum, _driven_pendulum_exact, 4.0),
)
FEWEST_STEPS, MOST_STEPS = 8, 1024
MOST_IMPLICIT_STEPS = 512
"""For order 1; orders that show earlier need fewer of these dear steps."""
ROUNDING = 2e-13
"""Errors below this are rounding's as much as the method's."""


def _measured_order(method: Method, trial: Trial) -> float:
    """log2 of the last ratio of errors, when the steps are halved until rounding shows."""
    steps = FEWEST_STEPS
    most = MOST_IMPLICIT_STEPS // method.order if isinstance(method, ImplicitRungeKutta) else MOST_STEPS
    errors = [_error(method, trial, steps)]
    while steps < most:
        steps *= 2
        error = _error(method, trial, steps)
        if error < ROUNDING:
            break
        errors.append(error)
    ratios = [before / after for before, after in pairwise(errors)]
    return log2(ratios[-1]) if ratios else nan


def _error(method: Method, trial: Trial, steps: int) -> float:
    y0 = torch.tensor(trial.exact(0.0), dtype=torch.float64)
    ts = torch.tensor((0.0, trial.t1), dtype=torch.float64)
    with torch.no_grad():
        solution = solve(trial.field, y0, ts, method=method, controller="fixed", dt=trial.t1 / steps)
    exact = torch.tensor(trial.exact(trial.t1), dtype=torch.float64)
    return float((solution.ys[-1] - exact).abs().max())
