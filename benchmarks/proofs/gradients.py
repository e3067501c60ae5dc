"""Every gradient mode against the exact gradient, and how exactly reversible steps are undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.proofs.section import Section, section
from solver import GRADIENT_MODES, Solution, solve
from solver.method import Method
from solver.methods.dop853 import DOP853
from tests.problems import STARTS, Linear, Perceptron

TOLERANCES = (1e-3, 1e-6, 1e-9)
TIMES = torch.tensor([0.0, 0.4, 1.1, 2.0], dtype=torch.float64)
ABOUT = """
The loss is the mean square of three states. **linear**: y' = A y, whose gradient in y0 and A is known in closed form;
**network**: a 3-8-2 network of (y, t), whose exact gradient is that of dop853 at 1e-13. Relative errors of the gradient
in the parameters. **of steps**, for the modes that are exact for the steps that were made: the distance from direct
backpropagation through the same steps.
"""
READING = """
dopri5, but alf for `reversible`, which is of order 2 and left out at 1e-9, where it would take some 30 000 steps. Only
`direct` can be differentiated again.
"""
EXACT_FOR_STEPS = ("checkpointed", "forward", "reversible")


class Taken(NamedTuple):
    """A gradient in the parameters, flat, and the solve that it is of."""

    gradient: Tensor
    solution: Solution


def gradients() -> Section:
    """Measure all modes."""
    heads = ("mode", "tol", "linear", "network", "of steps", "NFE forward", "NFE backward")
    return section("Gradients", ABOUT, heads, _rows(), READING)


def _rows() -> Iterator[tuple[str, ...]]:
    linear, network = Linear(), Perceptron()
    exact = linear.exact(STARTS, TIMES)[1:].square().mean()
    (of_linear,) = torch.autograd.grad(exact, list(linear.parameters()))
    of_network, _ = _gradient(network, "direct", DOP853, 1e-13)
    for mode in GRADIENT_MODES:
        method = "alf" if mode.name == "reversible" else "dopri5"
        for tol in TOLERANCES[: 2 if method == "alf" else 3]:
            first, _ = _gradient(linear, mode.name, method, tol)
            second, solution = _gradient(network, mode.name, method, tol)
            of_steps = "–"
            if mode.name in EXACT_FOR_STEPS:
                direct, _ = _gradient(network, "direct", method, tol)
                of_steps = f"{_distance(second, direct):.1e}"
            errors = (_distance(first, of_linear.flatten()), _distance(second, of_network))
            counts = (solution.stats.nfe_forward, solution.stats.nfe_backward)
            yield mode.name, f"{tol:.0e}", *(f"{error:.1e}" for error in errors), of_steps, *map(str, counts)


def _gradient(field: torch.nn.Module, mode: str, method: str | Method, tol: float) -> Taken:
    how = {"method": method, "rtol": tol, "atol": tol, "max_steps": 1_000_000}
    solution = solve(field, STARTS, TIMES, gradient=mode, **how)
    found = torch.autograd.grad(solution.ys[1:].square().mean(), list(field.parameters()))
    return Taken(torch.cat([part.flatten() for part in found]), solution)


def _distance(found: Tensor, exact: Tensor) -> float:
    return float((found - exact).norm() / exact.norm())


ABOUT_REVERSIBLE = """
Asynchronous leapfrog from 0 to the end of the times, then every step undone by `gradient="reversible"`, which keeps
nothing but its end: the largest distance of the start that it comes back to from the one that it left.
"""


def reversible() -> Section:
    """Measure the drift of fixed and adaptive steps."""
    heads = ("problem", "steps", "drift", "status")
    return section("Reversible steps, undone", ABOUT_REVERSIBLE, heads, _undone())


def _undone() -> Iterator[tuple[str, ...]]:
    ways: tuple[tuple[str, dict[str, object]], ...] = (
        ("network, dt = 0.01", {"controller": "fixed", "dt": 0.01}),
        ("network, tol 1e-6", {"rtol": 1e-6, "atol": 1e-6}),
    )
    for name, how in ways:
        yield _drift(name, Perceptron(), STARTS, TIMES, how)
    spiral = Linear()
    yield _drift("linear spiral, dt = 0.01", spiral, STARTS, 5 * TIMES, {"controller": "fixed", "dt": 0.01})


def _drift(name: str, field: torch.nn.Module, start: Tensor, ts: Tensor, how: dict[str, object]) -> tuple[str, ...]:
    y0 = start.clone().requires_grad_()
    solution = solve(field, y0, ts, method="alf", gradient="reversible", max_steps=1_000_000, **how)
    solution.ys[-1].square().sum().backward()
    drift = solution.stats.drift
    return name, str(solution.stats.accepted), "–" if drift is None else f"{drift:.1e}", solution.status.value
