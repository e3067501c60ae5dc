"""What a method is: its name, a sentence about it, its order and its coefficients. Pure data, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import fsum

from solver.adams_weights import Polynomial, adams_polynomials, adams_weights, nested_rows
from solver.composition import composition_dense, composition_residuals
from solver.tableau import TOLERANCE, ButcherTableau, Row


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

    `starter` makes the first order - 1 steps; it must have at least the same order, in its dense output one less, but
    order 8 is enough for all. There the start's errors, of order 9, may be what shows.
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
        if self.starter.order < min(self.order, 8):
            raise ValueError(f"{self.name} needs starting values of order {self.order}; {self.starter.name} is lower.")

    @property
    def order(self) -> int:
        return len(self.weights)

    @cached_property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """The weights b_j(θ) of a step's first θ dt, which integrate polynomials through the nodes 0, -1, … exactly."""
        return adams_polynomials(self.order, newest=0)

    @cached_property
    def dense_rows(self) -> tuple[Row, ...]:
        """The interpolant through the history of f in the nested form of `solver.tableau`: row r has weights by j."""
        return nested_rows(self.polynomials)


@dataclass(frozen=True)
class AdamsBashforthMoulton:
    """A predictor and a corrector of equal steps, PECE: y* by `predictor`, f* there, y1 by `weights`, f there.

    y1 = y + dt (weights_0 f* + Σ weights_j f_(n+1-j)), j = 1 … order - 1. The predictor, of the same order, also says
    how to start. Raises `ValueError` when the weights do not integrate polynomials of degree < order exactly.
    """

    name: str
    label: str
    sentence: str
    predictor: AdamsBashforth
    weights: tuple[Fraction, ...]
    adaptive: bool = False

    def __post_init__(self) -> None:
        exact = adams_weights(self.order, newest=1)
        if self.weights != exact:
            raise ValueError(f"Wrong weights for {self.name}: got {self.weights}, the order conditions give {exact}.")
        if self.predictor.order != self.order:
            raise ValueError(f"{self.name} needs a predictor of order {self.order}; got {self.predictor.name}.")

    @property
    def order(self) -> int:
        return len(self.weights)

    @cached_property
    def dense_rows(self) -> tuple[Row, ...]:
        """The interpolant through f* and the history of f, nested; f* first, so that it ends as the corrector does."""
        return nested_rows(adams_polynomials(self.order, newest=1))


@dataclass(frozen=True)
class Symplectic:
    """Kicks, which move p alone, and drifts, which move q alone, in turn; the last axis of a state is (q, p) in halves.

    p moves by kicks_0 dt f_p, then q by drifts_0 dt f_q, then p by kicks_1 dt f_p, … For a separable Hamiltonian, or
    any field with f_q(t, p) and f_p(t, q), the step has its `order` and keeps areas in phase space. For any other field
    it still is explicit and consistent, but its order is 1 and nothing is kept.

    Time moves with the other half: a kick is at the time that the drifts have come to, a drift at that of the kicks,
    which makes time one more coordinate of each half and keeps the order. `companion` stands in for the method where a
    state has no halves: in the adjoint equation that backsolve integrates. Raises `ValueError` when the coefficients
    miss an order condition.
    """

    name: str
    label: str
    sentence: str
    order: int
    kicks: Row
    drifts: Row
    companion: RungeKutta
    adaptive: bool = False

    def __post_init__(self) -> None:
        if len(self.kicks) - len(self.drifts) not in (0, 1):
            raise ValueError(f"{self.name} must kick first and then alternate; got {self.kicks} and {self.drifts}.")
        worst = max(map(abs, composition_residuals(self.moves, self.order)))
        if worst > TOLERANCE:
            raise ValueError(f"{self.name} misses order {self.order}; the worst condition is off by {worst:.1e}.")

    @cached_property
    def moves(self) -> Row:
        """Kicks and drifts in the order in which they are made, kicks in the even places."""
        pairs = tuple(move for pair in zip(self.kicks, self.drifts, strict=False) for move in pair)
        return pairs + self.kicks[len(self.drifts) :]

    @cached_property
    def nodes(self) -> Row:
        """When each move is made, as a fraction of the step: where the moves of the other half have come to."""
        return tuple(fsum(self.moves[1 - i % 2 : i : 2]) for i in range(len(self.moves)))

    @cached_property
    def dense_rows(self) -> tuple[Row, ...]:
        """The nested interpolant; its columns are f_q at the step's start, then the slope of each move."""
        return composition_dense(self.moves, self.order)


@dataclass(frozen=True)
class AsynchronousLeapfrog:
    """A step of the pair (y, v), v an estimate of f that is carried along, that can be undone without error.

    With k = f(t + dt/2, y + dt/2 v) it is y1 = y + dt k, v1 = 2 k - v: the midpoint rule with a slope that is reflected
    instead of evaluated. v starts as f(t0, y0). Of y1 - (y + dt v), the error estimate, dt² is the leading power.

    It damps nothing: where solutions decay as exp(-λt), its errors grow as exp(λt), and adaptive steps shrink to keep
    up with them. It is for fields that turn or grow, and for short times.
    """

    name: str
    label: str
    sentence: str
    order: int = 2
    error_order: int = 1
    adaptive: bool = True


Method = RungeKutta | ImplicitRungeKutta | AdamsBashforth | AdamsBashforthMoulton | Symplectic | AsynchronousLeapfrog
