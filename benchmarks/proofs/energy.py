"""The energy of a pendulum over ten thousand periods: what symplectic methods keep and others lose."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from benchmarks.proofs.section import Section, section
from solver import solve

PERIODS = 10_000
EVERY = 7
ABOUT = f"""
H = p² / 2 - cos q from (0.5, 0), over {PERIODS:,} small periods of 2 π. |H - H₀| at every seventh step: the largest
over the first hundredth of the time, and over all of it. The symplectic methods' is the same. What rk4 loses adds up,
until the pendulum has come to rest and there is no more to lose.
"""
WAYS = (("leapfrog", 0.5), ("yoshida4", 0.8), ("rk4", 0.5))


def energy() -> Section:
    """Measure two symplectic methods, and one that is not."""
    heads = ("method", "dt", "first hundredth", "all", "ratio")
    return section("Energy over ten thousand periods", ABOUT, heads, (_row(*way) for way in WAYS))


def pendulum(t: Tensor, y: Tensor) -> Tensor:
    return torch.stack((y[1], -torch.sin(y[0])))


def _row(method: str, dt: float) -> tuple[str, ...]:
    count = round(PERIODS * 2 * pi / dt / EVERY)
    ts = EVERY * dt * torch.arange(count + 1, dtype=torch.float64)
    start = torch.tensor([0.5, 0.0], dtype=torch.float64)
    with torch.no_grad():
        q, p = solve(pendulum, start, ts, method=method, dt=dt, max_steps=10_000_000).ys.unbind(-1)
    energies = 0.5 * p.square() - torch.cos(q)
    errors = (energies - energies[0]).abs()
    first, all_of_it = float(errors[: len(errors) // 100].max()), float(errors.max())
    return method, f"{dt}", f"{first:.2e}", f"{all_of_it:.2e}", f"{all_of_it / first:.2f}"
