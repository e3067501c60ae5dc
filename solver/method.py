"""What a method is: its name, a sentence about it, its order and its coefficients. Pure data, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from solver.tableau import ButcherTableau, Row


@dataclass(frozen=True)
class OneStep:
    """A one-step method, given by its tableau. It is adaptive when the tableau carries an error estimate."""

    name: str
    label: str
    sentence: str
    tableau: ButcherTableau

    @property
    def order(self) -> int:
        return self.tableau.order

    @property
    def adaptive(self) -> bool:
        return bool(self.tableau.estimates)

    @property
    def error_order(self) -> int:
        """The error estimate shrinks as dt^(error_order + 1)."""
        estimates = self.tableau.estimates
        # Hairer's combination e5² / sqrt(e5² + 0.01 e3²) of two estimates behaves as dt^(2·6 - 4) = dt^8
        return 2 * estimates[0].order - estimates[1].order if len(estimates) == 2 else estimates[0].order


@dataclass(frozen=True)
class RungeKutta(OneStep):
    """An explicit Runge-Kutta method: every stage follows from those before it."""

    def __post_init__(self) -> None:
        if not self.tableau.explicit:
            raise ValueError(f"The stages of {self.name} must be solved for: make it an ImplicitRungeKutta.")


@dataclass(frozen=True)
class ImplicitRungeKutta(OneStep):
    """A Runge-Kutta method whose stages are solved for, by Newton's method: for stiff fields.

    The error estimate is multiplied by (I - `filter` dt J)^-1, J the field's Jacobian, where a filter is given: that
    takes out of it what a stiff component contributes beyond the error, and changes it by O(dt) otherwise.
    """

    filter: float | None = None

    def __post_init__(self) -> None:
        if self.tableau.explicit or self.tableau.extra_c:
            raise ValueError(f"{self.name} needs a tableau with an implicit stage, and none for dense output alone.")


@dataclass(frozen=True)
class AdamsBashforth:
    """An explicit multistep method of equal steps: y1 = y + dt Σ weights_j f_(n-j), j = 0 … order - 1.

    `starter` makes the first order - 1 steps; it must have at least the same order, in its dense output one less.
    Raises `ValueError` when the weights do not integrate polynomials of degree < order exactly.
    """

    name: str
    label: str
    sentence: str
    weights: tuple[Fraction, ...]
    starter: RungeKutta
    adaptive: bool = False

    def __post_init__(self) -> None:
        exact = tuple(sum(polynomial, Fraction(0)) for polynomial in self.polynomials)
        if self.weights != exact:
            raise ValueError(f"Wrong weights for {self.name}: got {self.weights}, the order conditions give {exact}.")
        if self.starter.order < self.order:
            raise ValueError(f"{self.name} needs starting values of order {self.order}; {self.starter.name} is lower.")

    @property
    def order(self) -> int:
        return len(self.weights)

    @cached_property
    def polynomials(self) -> tuple[tuple[Fraction, ...], ...]:
        """Coefficients of θ, θ², … in b_j(θ) = ∫₀^θ ℓ_j(s) ds, ℓ_j the Lagrange polynomial of the node -j."""
        return tuple(_integrated(_lagrange(j, self.order)) for j in range(self.order))

    @cached_property
    def dense_rows(self) -> tuple[Row, ...]:
        """The interpolant through the history of f in the nested form of `solver.tableau`: row r has weights by j."""
        columns = [_nested(polynomial) for polynomial in self.polynomials]
        return tuple(tuple(float(column[r]) for column in columns) for r in range(self.order))


Method = RungeKutta | ImplicitRungeKutta | AdamsBashforth


def _lagrange(j: int, order: int) -> list[Fraction]:
    """Coefficients of 1, s, s², … of the polynomial that is 1 at s = -j and 0 at the other of 0, -1, … 1 - order."""
    polynomial = [Fraction(1)]
    for m in range(order):
        if m != j:
            shifted = [Fraction(0), *polynomial]
            scaled = [*(Fraction(m) * x for x in polynomial), Fraction(0)]
            polynomial = [(x + y) / (m - j) for x, y in zip(shifted, scaled, strict=True)]
    return polynomial


def _integrated(polynomial: list[Fraction]) -> tuple[Fraction, ...]:
    return tuple(x / (power + 1) for power, x in enumerate(polynomial))


def _nested(polynomial: tuple[Fraction, ...]) -> list[Fraction]:
    """Coefficients r of θ(r_0 + (1-θ)(r_1 + θ(r_2 + …))) for the polynomial p_1 θ + p_2 θ² + …"""
    rest, found = list(polynomial), []
    for place in range(len(polynomial)):
        at = Fraction(1 - place % 2)  # the rest is divided by (1 - θ), then by θ, in turn
        value = sum((x * at**power for power, x in enumerate(rest)), Fraction(0))
        found.append(value)
        rest[0] -= value
        rest = _divided_by_one_minus_theta(rest) if at else rest[1:]
    return found


def _divided_by_one_minus_theta(polynomial: list[Fraction]) -> list[Fraction]:
    quotient, carried = [], Fraction(0)
    for x in polynomial[:-1]:
        carried += x
        quotient.append(carried)
    return quotient
