"""What chooses the step size: error ratios in, Decision(accept, dt_next) out."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

FIRST_ERROR = 0.2
"""What a first step's error, as estimated from two slopes, may be in units of what is allowed.

Hairer, Nørsett and Wanner take 0.01; first steps of dopri5 then come to an error ratio of 2e-5, the median of DETEST at
any tolerance. With 0.2 it is 4e-4, no more of the first steps are rejected, and a solve of few steps is a step shorter.
"""


class Decision(NamedTuple):
    """Whether a step is accepted, and the signed size of the next attempt."""

    accept: bool
    dt_next: float


class ErrorHistory(NamedTuple):
    """Error over tolerance of this attempt (NaN: not finite), of the two steps accepted before it (1 where there was
    none), and whether the attempt before this one was rejected."""

    ratio: float
    previous: float = 1.0
    before_previous: float = 1.0
    rejected: bool = False


@runtime_checkable
class Controller(Protocol):
    """A rule for step sizes. Frozen: all that it goes by is in its arguments."""

    @property
    def name(self) -> str: ...

    @property
    def adaptive(self) -> bool:
        """Whether it needs error estimates."""
        ...

    @property
    def first_error(self) -> float:
        """What the first step's error, as estimated from two slopes, may be in units of what is allowed."""
        ...

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        """What follows from an attempt of size dt, whose error behaves as dt^(error_order + 1)."""
        ...


@dataclass(frozen=True)
class FixedController:
    """Every step has the same size and is accepted, unless it is not finite: then nothing smaller is tried."""

    name: str = "fixed"
    adaptive: bool = False
    first_error: ClassVar[float] = FIRST_ERROR

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        return Decision(not isnan(errors.ratio), dt)


@dataclass(frozen=True)
class PIDController:
    """dt_next = dt · Π (error ratio / aim)^(-β / k) over the last three ratios, with k = error_order + 1.

    The aim, safety^k, is the error ratio that steps settle at, whatever the β. With β1 = 1 alone it is the elementary
    (I) controller. The factor stays within [min_factor, max_factor] and does not
    exceed 1 right after a rejection. Source: Söderlind, ACM Trans. Math. Softw. 29 (2003) 1; rejections after Hairer,
    Nørsett, Wanner I, II.4.
    """

    name: str = "PI"
    beta1: float = 0.85
    beta2: float = -0.2
    beta3: float = 0.0
    safety: float = 0.9
    min_factor: float = 0.2
    max_factor: float = 10.0
    adaptive: bool = True
    first_error: ClassVar[float] = FIRST_ERROR

    def __post_init__(self) -> None:
        if not 0.0 < self.min_factor < 1.0 < self.max_factor or not 0.0 < self.safety <= 1.0:
            raise ValueError(
                "A controller needs 0 < min_factor < 1 < max_factor and 0 < safety <= 1; "
                f"got {self.min_factor}, {self.max_factor} and {self.safety}."
            )

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        ratio, k = errors.ratio, error_order + 1
        if not isfinite(ratio):
            return Decision(False, dt * self.min_factor)
        if ratio > 1.0:
            return Decision(False, dt * max(self.min_factor, self.safety * ratio ** (-1.0 / k)))
        largest = 1.0 if errors.rejected else self.max_factor
        factor = self.safety ** (self.beta1 + self.beta2 + self.beta3) * _power(ratio, -self.beta1 / k)
        factor *= _power(errors.previous, -self.beta2 / k) * _power(errors.before_previous, -self.beta3 / k)
        return Decision(True, dt * min(largest, max(self.min_factor, factor)))


def _power(ratio: float, exponent: float) -> float:
    return float(max(ratio, 1e-10) ** exponent)


FIXED = FixedController()
I = PIDController("I", beta1=1.0, beta2=0.0, min_factor=0.5, max_factor=2.0)  # noqa: E741 - its name in the literature
"""The limits are those of DVERK, by DETEST's authors: no more than double, no less than half (Hull, Enright, Jackson,
User's guide for DVERK, Toronto 1976). With them dopri5's evaluations over DETEST are within 5 % of torchdiffeq's."""
PI = PIDController("PI", beta1=0.85, beta2=-0.2)  # Hairer's DOPRI5: Hairer, Nørsett, Wanner II, IV.2, β = 0.04
PID = PIDController("PID", beta1=0.49, beta2=-0.34, beta3=0.10)  # Kennedy, Carpenter, Lewis, Appl. Num. Math. 35 (2000)

CONTROLLERS: tuple[Controller, ...] = (FIXED, I, PI, PID)
