"""GradientAudit: how good one gradient of one solve is, part by part, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan
from typing import NamedTuple

from solver.solution import Status

SAME = 1e-5
"""Finite differences in float64 that agree this well confirm the exact gradient."""
SMALL = 1e-3
"""An error below this is nothing that a stochastic optimiser would notice."""


class Part(NamedTuple):
    """The gradient with respect to one thing: its exact size, and errors relative to that.

    `error` is that of the audited gradient; `from_mode` how far that is from the gradient of the very steps that the
    solve made, `from_solve` how far that one is from the exact one. Where the exact size is next to nothing, errors are
    relative to the whole gradient. NaN: there is nothing to compare.
    """

    name: str
    size: float
    error: float
    from_mode: float
    from_solve: float
    cosine: float


class Differences(NamedTuple):
    """How far finite differences of the loss, along random directions, are from what gradients say; relative."""

    exact: float
    audited: float
    directions: int


@dataclass(frozen=True)
class GradientAudit:
    """What `audit_gradient` found.

    `parts` are y0, θ (all parameters), t0 and t1; `parameters` each one by itself; `whole` is y0 and θ together. The
    verdict is on the worse of y0 and θ.
    """

    mode: str
    method: str
    rtol: float
    atol: float
    dtype: str
    parts: tuple[Part, ...]
    parameters: tuple[Part, ...]
    whole: Part
    differences: Differences
    nfe_forward: int
    nfe_backward: int
    drift: float | None
    status: Status
    backward_status: Status | None
    exact_status: Status

    @property
    def worst(self) -> Part:
        """The part, of y0 and θ, whose relative error is largest."""
        trained = [part for part in self.parts if part.name in ("y0", "θ")]
        return max(trained, key=lambda part: inf if isnan(part.error) else part.error)

    @property
    def verdict(self) -> str:
        """One sentence: what differs, and whose fault it is."""
        worst = self.worst
        told = f"The gradient's relative error is {worst.error:.1e} in {worst.name}"
        if not self.exact_status.ok:
            return f"There is no exact gradient to compare with. {self.exact_status.sentence}"
        if not self.status.ok:
            return f"The solve itself ended before its last time. {self.status.sentence}"
        if self.differences.exact > SAME:
            return (
                f"The field's own derivative is not that of its values: finite differences of the loss differ from "
                f"the exact gradient by {self.differences.exact:.1e}."
            )
        if self.backward_status is not None and not self.backward_status.ok:
            return f"There is no gradient: the backward solve ended early. {self.backward_status.sentence}"
        if isnan(worst.error):
            return "There is no gradient: it is not a number."
        if worst.error <= SMALL:
            return f"{told}: as good as exact."
        if self._mode_is_to_blame:
            drifted = f", whose state drifted by {self.drift:.1e}" if self.drift else ""
            told = f"{told}, and most of it comes from {self.mode}{drifted}"
            return f"{told}: that of the steps' own gradient is {worst.from_solve:.1e}."
        return f"{told}, and that of the steps' own gradient {worst.from_solve:.1e}: it comes from the tolerance."

    @property
    def advice(self) -> str:
        """What to do, or nothing where all is well."""
        if not self.exact_status.ok:
            return self.exact_status.remedy
        if not self.status.ok:
            return self.status.remedy
        if self.differences.exact > SAME:
            return (
                "Compare the field's linearise(), or its backward(), with torch.autograd.gradcheck; "
                "if that agrees, the field or the loss has kinks that the differences straddle."
            )
        failed = self.backward_status is not None and not self.backward_status.ok
        if failed or (not self.worst.error <= SMALL and self._mode_is_to_blame):
            return (
                'Use gradient="checkpointed", which is exact for the steps that were made, or "interpolated" '
                f"for errors like the tolerance's; or tighten rtol and atol for {self.mode}."
            )
        if self.worst.error > SMALL:
            return "Tighten rtol and atol, or take a method of higher order; another mode would not help."
        return ""

    @property
    def _mode_is_to_blame(self) -> bool:
        return not self.worst.error <= 2 * self.worst.from_solve

    def __str__(self) -> str:
        lines = [f"{self.mode}, {self.method}, rtol {self.rtol:.0e}, atol {self.atol:.0e}, {self.dtype}"]
        lines.append(f"  {'':<22}{'size':>9}{'error':>9}{'of mode':>9}{'of steps':>9}{'cosine':>11}")
        lines += [_line(part) for part in (*self.parts, *([self.whole] if self.parameters else []))]
        if len(self.parameters) > 1:
            lines += [_line(part, indent=4) for part in self.parameters]
        differences = self.differences
        lines.append(
            f"  finite differences     exact {differences.exact:.1e}, audited {differences.audited:.1e} "
            f"along {differences.directions} directions"
        )
        lines.append(f"  NFE                    {self.nfe_forward} forward, {self.nfe_backward} backward")
        if self.drift is not None:
            lines.append(f"  drift                  {self.drift:.1e}")
        return "\n".join([*lines, f"  {self.verdict}", *([f"  {self.advice}"] if self.advice else [])])


def _line(part: Part, indent: int = 2) -> str:
    figures = "".join(f"{x:>9.1e}" for x in (part.size, part.error, part.from_mode, part.from_solve))
    return f"{' ' * indent}{part.name:<{24 - indent}}{figures}{part.cosine:>11.6f}"
