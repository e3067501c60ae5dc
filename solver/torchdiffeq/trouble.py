"""What goes wrong, as exceptions of the kinds that scripts written for torchdiffeq catch."""

from __future__ import annotations

from solver.solution import Solution, Status


class WrongArgument(ValueError, AssertionError):  # noqa: N818 - named for what it says
    """An argument that cannot work. torchdiffeq raises AssertionError for some of these and ValueError for others."""


class WrongType(TypeError, AssertionError):  # noqa: N818
    """An argument of a type that cannot work."""


class SolveFailed(AssertionError, RuntimeError):  # noqa: N818
    """Numerical trouble. torchdiffeq raises AssertionError; `solution` is what was found before, where it is known."""

    def __init__(self, message: str, solution: Solution | None = None) -> None:
        super().__init__(message)
        self.solution = solution


def raise_unless_ok(solution: Solution, max_steps: int) -> None:
    """Raise `SolveFailed` in torchdiffeq's words when the solve did not get to its end."""
    status, steps = solution.status, solution.stats.steps
    if status.ok:
        return
    t, dt = (steps[-1].t, abs(steps[-1].dt)) if steps else (float(solution.ts[0]), 0.0)
    words = {
        Status.step_underflow: f"underflow in dt {dt}",
        Status.max_steps: f"max_num_steps exceeded ({len(steps)}>={max_steps})",
        Status.non_finite: "non-finite values in state `y`",
    }
    what = words.get(status, status.name)
    raise SolveFailed(f"{what} at t = {t:.6g}. {status.sentence} {status.remedy}", solution)
