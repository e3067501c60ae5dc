"""What steers and watches the steps of a solve that carries more than a state: one part of it, or all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from torch import Tensor

from solver.tolerance import Measure, NormedTolerance, Tolerance
from solver.watch import AcceptedStep, Mark, Watch


@dataclass(frozen=True, eq=False)
class LeadingPart:
    """What `measure` makes of the first `entries` of a vector; the others come along without a say."""

    measure: Measure
    entries: int

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        leading = [error[: self.entries] for error in errors]
        return self.measure.ratio(leading, dt, y0[: self.entries], y1[: self.entries])

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        return self.measure.norms([vector[: self.entries] for vector in vectors], y[: self.entries])

    def of_adjoint(self, entries: int) -> Measure:
        return self.measure.of_adjoint(entries)


@dataclass(frozen=True, eq=False)
class EveryPart:
    """The largest of what `measure` makes of the parts, of so many `entries` each, that a vector consists of."""

    measure: Measure
    entries: int

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        parts = zip(*(vector.split(self.entries) for vector in (y0, y1, *errors)), strict=True)
        return _largest([self.measure.ratio(errors, dt, y0, y1) for y0, y1, *errors in parts])

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        parts = zip(*(vector.split(self.entries) for vector in (y, *vectors)), strict=True)
        sizes = [self.measure.norms(vectors, y) for y, *vectors in parts]
        return [_largest(of_vector) for of_vector in zip(*sizes, strict=True)]

    def of_adjoint(self, entries: int) -> Measure:
        return self.measure.of_adjoint(entries)


@dataclass(frozen=True, eq=False)
class WithRest:
    """The larger of what `leading` makes of a vector, and of what `rest` makes of its entries from `start` on."""

    leading: Measure
    rest: Measure
    start: int

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        rests = [error[self.start :] for error in errors]
        rest = self.rest.ratio(rests, dt, y0[self.start :], y1[self.start :])
        return _largest((self.leading.ratio(errors, dt, y0, y1), rest))

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        rests = self.rest.norms([vector[self.start :] for vector in vectors], y[self.start :])
        return [_largest(sizes) for sizes in zip(self.leading.norms(vectors, y), rests, strict=True)]

    def of_adjoint(self, entries: int) -> Measure:
        return self.leading.of_adjoint(entries)


@dataclass(frozen=True, eq=False)
class LeadingWatch:
    """Shows a watch the first `entries` of longer states, as if they were all."""

    inner: Watch
    entries: int

    def attempting(self, t: float, y: Tensor, dt: float) -> None:
        self.inner.attempting(t, y[: self.entries], dt)

    def rejected(self, t: float, y: Tensor, dt: float) -> None:
        self.inner.rejected(t, y[: self.entries], dt)

    def accepted(self, step: AcceptedStep) -> Sequence[Mark]:
        def outputs(thetas: Sequence[float]) -> Tensor:
            return step.outputs(thetas)[:, : self.entries]

        leading = step._replace(y=step.y[: self.entries], y1=step.y1[: self.entries], outputs=outputs)
        return self.inner.accepted(leading)


def strictest(measure: Measure) -> Tolerance:
    """The RMS tolerance, of vectors of any size, with the smallest rtol and atol that `measure` has for an entry."""
    if not isinstance(measure, Tolerance | NormedTolerance):
        raise ValueError(f"A full norm needs an rtol and an atol; {type(measure).__name__} has none to be found.")
    rtol, atol = (float(x.min()) if isinstance(x, Tensor) else x for x in (measure.rtol, measure.atol))
    return Tolerance(rtol, atol)


def _largest(sizes: Sequence[float]) -> float:
    return nan if any(map(isnan, sizes)) else max(sizes)  # max() alone may lose a NaN
