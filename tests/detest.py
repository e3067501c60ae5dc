"""DETEST: the 25 non-stiff problems on [0, 20] that one-step methods have been compared on since 1972.

Source: Hull, Enright, Fellen, Sedgwick, SIAM J. Numer. Anal. 9 (1972) 603: classes A (single equations), B (small
systems), C (moderate systems), D (orbits of eccentricity .1 to .9), E (higher-order equations). Constants of C5 and E1
as in Enright, Pryce, algorithm 648, ACM Trans. Math. Softw. 13 (1987) 28.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.special import ellipj
from torch import Tensor

T0, T1 = 0.0, 20.0

Slopes = Callable[[Tensor, Tensor], Tensor]
Exact = Callable[[float], Sequence[float]]


@dataclass(frozen=True)
class Problem:
    """y' = field(t, y), y(0) = start, in float64. `exact` is the solution at t, where it has a closed form."""

    name: str
    sentence: str
    field: Slopes
    start: tuple[float, ...]
    exact: Exact | None = None

    @property
    def y0(self) -> Tensor:
        return torch.tensor(self.start, dtype=torch.float64)

    def slopes(self, t: float, y: np.ndarray) -> np.ndarray:
        """The field for scipy."""
        return self.field(torch.tensor(t, dtype=torch.float64), torch.from_numpy(y)).numpy()

    def end(self) -> Tensor:
        """The solution at t = 20: exact, or else found by scipy's DOP853 at tolerance 1e-13."""
        if self.exact is not None:
            return torch.tensor(self.exact(T1), dtype=torch.float64)
        found = solve_ivp(self.slopes, (T0, T1), self.start, method="DOP853", rtol=1e-13, atol=1e-13)
        return torch.from_numpy(found.y[:, -1].copy())

    def sensitivity(self, pieces: int = 20) -> float:
        """How far the end can move when the field is disturbed by 1 + |y| times a small number, over that number.

        That is max_i ∫ Σ_j |Φ_ij(20, s)| (1 + |y_j(s)|) ds with Φ the matrix that carries small changes along: what
        errors of rtol = atol = tol per unit of time add up to is at most this times tol, whatever makes them. The
        integral goes over the steps of an accurate solve, each in `pieces`, so that it is fine where the orbit is fast.
        """
        options = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-10, "dense_output": True}
        solved = solve_ivp(self.slopes, (T0, T1), self.start, **options)
        fractions = (np.arange(pieces) + 0.5) / pieces
        middles = (solved.t[:-1, None] + np.diff(solved.t)[:, None] * fractions).ravel()
        widths = torch.from_numpy(np.repeat(np.diff(solved.t) / pieces, pieces))
        states = torch.from_numpy(solved.sol(middles).T.copy())
        jacobians = torch.func.vmap(torch.func.jacrev(self.field, argnums=1))(torch.from_numpy(middles), states)
        across = torch.matrix_exp(widths[:, None, None] * jacobians)
        carried = torch.eye(len(self.start), dtype=torch.float64)
        total = torch.zeros(len(self.start), dtype=torch.float64)
        for width, state, matrix in zip(widths.flip(0), states.flip(0), across.flip(0), strict=True):
            total += width * carried.abs() @ (1 + state.abs())
            carried = carried @ matrix
        return float(total.max())


def _stacked(*components: Tensor) -> Tensor:
    return torch.stack(components, dim=-1)


def _linear(matrix: Tensor) -> Slopes:
    transposed = matrix.T.contiguous()
    return lambda t, y: y @ transposed


# Class A: single equations


def logistic(t: Tensor, y: Tensor) -> Tensor:
    return y / 4 * (1 - y / 20)


def spiral_curve(t: Tensor, y: Tensor) -> Tensor:
    return (y - t) / (y + t)


# Class B: small systems


def conflicting_populations(t: Tensor, y: Tensor) -> Tensor:
    prey, predators = y.unbind(-1)
    return _stacked(2 * (prey - prey * predators), -(predators - prey * predators))


def linear_reaction(t: Tensor, y: Tensor) -> Tensor:
    a, b, c = y.unbind(-1)
    return _stacked(-a + b, a - 2 * b + c, b - c)


def linear_reaction_exact(t: float) -> Sequence[float]:
    slow, fast = math.exp(-t) / 2, math.exp(-3 * t) / 2
    return 1 + slow + fast, 1 - 2 * fast, 1 - slow + fast


def nonlinear_reaction(t: Tensor, y: Tensor) -> Tensor:
    a, b, _ = y.unbind(-1)
    return _stacked(-a, a - b * b, b * b)


def torus(t: Tensor, y: Tensor) -> Tensor:
    a, b, c = y.unbind(-1)
    radius = torch.hypot(a, b)
    return _stacked(-b - a * c / radius, a - b * c / radius, a / radius)


def torus_exact(t: float) -> Sequence[float]:
    radius = 2 + math.cos(t)
    return radius * math.cos(t), radius * math.sin(t), math.sin(t)


def euler_rigid_body(t: Tensor, y: Tensor) -> Tensor:
    a, b, c = y.unbind(-1)
    return _stacked(b * c, -a * c, -0.51 * a * b)


def euler_rigid_body_exact(t: float) -> Sequence[float]:
    sn, cn, dn, _ = ellipj(t, 0.51)
    return sn, cn, dn


# Class C: moderate systems


def radioactive_chain(rates: Sequence[float]) -> Tensor:
    """Each nuclide decays into the next; the last one is stable."""
    size = len(rates) + 1
    matrix = torch.zeros(size, size, dtype=torch.float64)
    for place, rate in enumerate(rates):
        matrix[place, place] = -rate
        matrix[place + 1, place] = rate
    return matrix


def equal_chain_exact(t: float) -> Sequence[float]:
    parts = [math.exp(-t) * t**place / math.factorial(place) for place in range(9)]
    return *parts, 1 - math.fsum(parts)


def growing_chain_exact(t: float) -> Sequence[float]:
    left = math.exp(-t)
    return *(left * (1 - left) ** place for place in range(9)), (1 - left) ** 9


def heat_on_a_rod(size: int) -> Tensor:
    ones = torch.ones(size - 1, dtype=torch.float64)
    return torch.diag(ones, 1) + torch.diag(ones, -1) - 2 * torch.eye(size, dtype=torch.float64)


def heat_on_a_rod_exact(size: int) -> Exact:
    angles = [math.pi * mode / (size + 1) for mode in range(1, size + 1)]

    def exact(t: float) -> Sequence[float]:
        weights = [2 / (size + 1) * math.sin(angle) * math.exp(-2 * t * (1 - math.cos(angle))) for angle in angles]
        return [
            math.fsum(weight * math.sin(place * angle) for weight, angle in zip(weights, angles, strict=True))
            for place in range(1, size + 1)
        ]

    return exact


GRAVITY = 2.95912208286
SUN = 1.00000597682  # with the inner planets
PLANETS = (0.954786104043e-3, 0.285583733151e-3, 0.437273164546e-4, 0.517759138449e-4, 0.277777777778e-5)
PLANET_POSITIONS = (
    *(3.42947415189, 3.35386959711, 1.35494901715),
    *(6.64145542550, 5.97156957878, 2.18231499728),
    *(11.2630437207, 14.6952576794, 6.27960525067),
    *(-30.1552268759, 1.65699966404, 1.43785752721),
    *(-21.1238353380, 28.4465098142, 15.3882659679),
)
PLANET_VELOCITIES = (
    *(-0.557160570446, 0.505696783289, 0.230578543901),
    *(-0.415570776342, 0.365682722812, 0.169143213293),
    *(-0.325325669158, 0.189706021964, 0.0877265322780),
    *(-0.0240476254170, -0.287659532608, -0.117219543175),
    *(-0.176860753121, -0.216393453025, -0.0148647893090),
)


def outer_planets(t: Tensor, y: Tensor) -> Tensor:
    """Jupiter to Pluto about the Sun, which is the origin and accelerates itself."""
    masses = torch.tensor(PLANETS, dtype=y.dtype).unsqueeze(-1)
    at, velocity = y[..., :15].unflatten(-1, (5, 3)), y[..., 15:]
    to_sun = -at / at.norm(dim=-1, keepdim=True) ** 3
    apart = at.unsqueeze(-3) - at.unsqueeze(-2)  # [i, j]: from planet i to planet j
    cubes = (apart.square().sum(-1, keepdim=True) + torch.eye(5, dtype=y.dtype).unsqueeze(-1)) ** 1.5
    pulls = (masses * apart / cubes).sum(-2)
    acceleration = GRAVITY * (SUN * to_sun + pulls + (masses * to_sun).sum(-2, keepdim=True))
    return torch.cat((velocity, acceleration.flatten(-2)), dim=-1)


# Class D: orbits


def orbit(t: Tensor, y: Tensor) -> Tensor:
    at, velocity = y[..., :2], y[..., 2:]
    return torch.cat((velocity, -at / at.norm(dim=-1, keepdim=True) ** 3), dim=-1)


def orbit_exact(eccentricity: float) -> Exact:
    minor = math.sqrt(1 - eccentricity**2)

    def exact(t: float) -> Sequence[float]:
        anomaly = t
        for _ in range(100):  # Kepler's equation by Newton's method
            rate = 1 - eccentricity * math.cos(anomaly)
            anomaly -= (anomaly - eccentricity * math.sin(anomaly) - t) / rate
        sine, cosine = math.sin(anomaly), math.cos(anomaly)
        return cosine - eccentricity, minor * sine, -sine / rate, minor * cosine / rate

    return exact


# Class E: higher-order equations


def bessel(t: Tensor, y: Tensor) -> Tensor:
    position, speed = y.unbind(-1)
    return _stacked(speed, -(speed / (t + 1) + (1 - 0.25 / (t + 1) ** 2) * position))


def bessel_exact(t: float) -> Sequence[float]:
    s, scale = t + 1, math.sqrt(2 / math.pi)
    return scale * math.sin(s) / math.sqrt(s), scale * (math.cos(s) - math.sin(s) / (2 * s)) / math.sqrt(s)


def van_der_pol(t: Tensor, y: Tensor) -> Tensor:
    position, speed = y.unbind(-1)
    return _stacked(speed, (1 - position * position) * speed - position)


def duffing(t: Tensor, y: Tensor) -> Tensor:
    position, speed = y.unbind(-1)
    return _stacked(speed, position**3 / 6 - position + 2 * torch.sin(2.78535 * t))


def falling_body(t: Tensor, y: Tensor) -> Tensor:
    _, speed = y.unbind(-1)
    return _stacked(speed, 0.032 - 0.4 * speed * speed)


def falling_body_exact(t: float) -> Sequence[float]:
    rate = math.sqrt(0.032 * 0.4)
    return 30 + math.log(math.cosh(rate * t)) / 0.4, math.sqrt(0.032 / 0.4) * math.tanh(rate * t)


def linear_pursuit(t: Tensor, y: Tensor) -> Tensor:
    _, slope = y.unbind(-1)
    return _stacked(slope, torch.sqrt(1 + slope * slope) / (25 - t))


def linear_pursuit_exact(t: float) -> Sequence[float]:
    left = (25 - t) / 25
    return (-25 * math.log(left) - t + t * t / 50) / 2, (1 / left - left) / 2


def _orbit_problem(name: str, eccentricity: float) -> Problem:
    speed = math.sqrt((1 + eccentricity) / (1 - eccentricity))
    sentence = f"An orbit of eccentricity {eccentricity}."
    return Problem(name, sentence, orbit, (1 - eccentricity, 0.0, 0.0, speed), orbit_exact(eccentricity))


def _first_of(size: int) -> tuple[float, ...]:
    return (1.0,) + (0.0,) * (size - 1)


PROBLEMS = (
    Problem("A1", "The negative exponential.", lambda t, y: -y, (1.0,), lambda t: (math.exp(-t),)),
    Problem("A2", "A special Riccati equation.", lambda t, y: -(y**3) / 2, (1.0,), lambda t: ((1 + t) ** -0.5,)),
    Problem("A3", "An oscillation.", lambda t, y: y * torch.cos(t), (1.0,), lambda t: (math.exp(math.sin(t)),)),
    Problem("A4", "A logistic curve.", logistic, (1.0,), lambda t: (20 / (1 + 19 * math.exp(-t / 4)),)),
    Problem("A5", "A spiral curve.", spiral_curve, (4.0,)),
    Problem("B1", "The growth of two conflicting populations.", conflicting_populations, (1.0, 3.0)),
    Problem("B2", "A linear chemical reaction.", linear_reaction, (2.0, 0.0, 1.0), linear_reaction_exact),
    Problem("B3", "A nonlinear chemical reaction.", nonlinear_reaction, (1.0, 0.0, 0.0)),
    Problem("B4", "The integral surface of a torus.", torus, (3.0, 0.0, 0.0), torus_exact),
    Problem("B5", "Euler's rigid body.", euler_rigid_body, (0.0, 1.0, 1.0), euler_rigid_body_exact),
    Problem(
        "C1", "Radioactive decay, equal rates.", _linear(radioactive_chain([1] * 9)), _first_of(10), equal_chain_exact
    ),
    Problem(
        "C2",
        "Radioactive decay, growing rates.",
        _linear(radioactive_chain(range(1, 10))),
        _first_of(10),
        growing_chain_exact,
    ),
    Problem("C3", "Heat on a rod of 10.", _linear(heat_on_a_rod(10)), _first_of(10), heat_on_a_rod_exact(10)),
    Problem("C4", "Heat on a rod of 51.", _linear(heat_on_a_rod(51)), _first_of(51), heat_on_a_rod_exact(51)),
    Problem("C5", "The five outer planets.", outer_planets, PLANET_POSITIONS + PLANET_VELOCITIES),
    _orbit_problem("D1", 0.1),
    _orbit_problem("D2", 0.3),
    _orbit_problem("D3", 0.5),
    _orbit_problem("D4", 0.7),
    _orbit_problem("D5", 0.9),
    Problem("E1", "Bessel's equation of order 1/2.", bessel, tuple(bessel_exact(0.0)), bessel_exact),
    Problem("E2", "Van der Pol's oscillator.", van_der_pol, (2.0, 0.0)),
    Problem("E3", "Duffing's oscillator, forced.", duffing, (0.0, 0.0)),
    Problem("E4", "A falling body.", falling_body, (30.0, 0.0), falling_body_exact),
    Problem("E5", "A linear pursuit.", linear_pursuit, (0.0, 0.0), linear_pursuit_exact),
)
