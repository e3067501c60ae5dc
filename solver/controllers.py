"""What chooses the step size: error ratios in, Decision(accept, dt_next) out."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import NamedTuple, Protocol


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


class Controller(Protocol):
    """A rule for step sizes. Frozen: all that it goes by is in its arguments."""

    @property
    def name(self) -> str: ...

    @property
    def adaptive(self) -> bool:
        """Whether it needs error estimates."""
        ...

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        """What follows from an attempt of size dt, whose error behaves as dt^(error_order + 1)."""
        ...


@dataclass(frozen=True)
class FixedController:
    """Every step has the same size and is accepted, unless it is not finite: then nothing smaller is tried."""

    name: str = "fixed"
    adaptive: bool = False

    def decide(self, dt: float, errors: ErrorHistory, error_order: int) -> Decision:
        return Decision(not isnan(errors.ratio), dt)


@dataclass(frozen=True)
class PIDController:
    """dt_next = dt · safety · Π (error ratio)^(-β / k) over the last three ratios, k = error_order + 1.

    With only `beta1` it is the elementary (I) controller. The factor stays within [min_factor, max_factor] and does not
    exceed 1 right after a rejection. Source: Söderlind, ACM Trans. Math. Softw. 29 (2003) 1; rejections after Hairer,
    Nørsett, Wanner I, II.4.
    """

    name: str = "PI"
    beta1: float = 0.7
    beta2: float = -0.4
    beta3: float = 0.0
    safety: float = 0.9
    min_factor: float = 0.2
    max_factor: float = 10.0
    adaptive: bool = True

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
        factor = self.safety * _power(ratio, -self.beta1 / k)
        factor *= _power(errors.previous, -self.beta2 / k) * _power(errors.before_previous, -self.beta3 / k)
        return Decision(True, dt * min(largest, max(self.min_factor, factor)))


def _power(ratio: float, exponent: float) -> float:
    return float(max(ratio, 1e-10) ** exponent)


FIXED = FixedController()
I = PIDController("I", beta1=1.0, beta2=0.0)  # noqa: E741 - its name in the literature
PI = PIDController("PI", beta1=0.7, beta2=-0.4)  # PI.3.4: Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533
PID = PIDController("PID", beta1=0.49, beta2=-0.34, beta3=0.10)  # Kennedy, Carpenter, Lewis, Appl. Num. Math. 35 (2000)

CONTROLLERS: tuple[Controller, ...] = (FIXED, I, PI, PID)
