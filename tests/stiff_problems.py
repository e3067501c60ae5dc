"""Four stiff problems that implicit methods are compared on, with their published solutions at the end.

Source: Hairer, Wanner, Solving Ordinary Differential Equations II, 2nd ed., IV.1 and IV.10; end values from Mazzia,
Magherini, Test Set for Initial Value Problem Solvers, release 2.4, University of Bari (2008), parts II-3 to II-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class StiffProblem:
    """y' = field(t, y) from `start` at 0 to `end` at t1, in float64. `size` scales absolute tolerances."""

    name: str
    sentence: str
    field: Callable[[Tensor, Tensor], Tensor]
    start: tuple[float, ...]
    t1: float
    end: tuple[float, ...]
    size: tuple[float, ...]

    @property
    def y0(self) -> Tensor:
        return torch.tensor(self.start, dtype=torch.float64)


def van_der_pol(t: Tensor, y: Tensor) -> Tensor:
    """y'' = μ (1 - y²) y' - y with μ = 1000."""
    position, speed = y.unbind(-1)
    return torch.stack((speed, 1000 * (1 - position * position) * speed - position), dim=-1)


def robertson(t: Tensor, y: Tensor) -> Tensor:
    """An autocatalytic reaction with rates .04, 3·10⁷ and 10⁴. Source: Robertson (1966)."""
    a, b, c = y.unbind(-1)
    slow, fast, back = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    return torch.stack((back - slow, slow - back - fast, fast), dim=-1)


def hires(t: Tensor, y: Tensor) -> Tensor:
    """High irradiance responses of photomorphogenesis. Source: Schäfer, J. Math. Biol. 2 (1975) 41."""
    a, b, c, d, e, f, g, h = y.unbind(-1)
    binding = 280 * f * h
    return torch.stack(
        (
            -1.71 * a + 0.43 * b + 8.32 * c + 0.0007,
            1.71 * a - 8.75 * b,
            -10.03 * c + 0.43 * d + 0.035 * e,
            8.32 * b + 1.71 * c - 1.12 * d,
            -1.745 * e + 0.43 * f + 0.43 * g,
            -binding + 0.69 * d + 1.71 * e - 0.43 * f + 0.69 * g,
            binding - 1.81 * g,
            -binding + 1.81 * g,
        ),
        dim=-1,
    )


def oregonator(t: Tensor, y: Tensor) -> Tensor:
    """The Belousov-Zhabotinskii reaction. Source: Field, Noyes, J. Chem. Phys. 60 (1974) 1877."""
    a, b, c = y.unbind(-1)
    return torch.stack((77.27 * (b + a * (1 - 8.375e-6 * a - b)), (c - (1 + a) * b) / 77.27, 0.161 * (a - c)), dim=-1)


STIFF_PROBLEMS = (
    StiffProblem(
        "van_der_pol",
        "Van der Pol's oscillator with μ = 1000: slow decay between jumps.",
        van_der_pol,
        start=(2.0, 0.0),
        t1=2000.0,
        end=(1.706167732170469, -0.8928097010248125e-3),
        size=(1.0, 1e-3),
    ),
    StiffProblem(
        "robertson",
        "Robertson's reaction, over eleven decades of time.",
        robertson,
        start=(1.0, 0.0, 0.0),
        t1=1e11,
        end=(0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050),
        size=(1e-8, 1e-14, 1.0),
    ),
    StiffProblem(
        "hires",
        "High irradiance responses: eight reacting substances.",
        hires,
        start=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057),
        t1=321.8122,
        end=(
            0.7371312573325668e-3,
            0.1442485726316185e-3,
            0.5888729740967575e-4,
            0.1175651343283149e-2,
            0.2386356198831331e-2,
            0.6238968252742796e-2,
            0.2849998395185769e-2,
            0.2850001604814231e-2,
        ),
        size=(1e-3, 1e-4, 1e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3),
    ),
    StiffProblem(
        "oregonator",
        "The Oregonator: a chemical clock whose limit cycle spans six decades.",
        oregonator,
        start=(1.0, 2.0, 3.0),
        t1=360.0,
        end=(0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3),
        size=(1.0, 1.0, 1.0),
    ),
)
