"""Fixed steps along a grid, and what is asked for between its points."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import torch
from torch import Tensor

from solver.field import Field
from solver.integrate import AT_STEP_END


class Grid:
    """The points where steps end, and which of them it takes to answer for the times `t`, in the order of both."""

    def __init__(self, points: Sequence[float], t: Tensor) -> None:
        self.points = points
        self._t = t
        self._needed: list[int | None] = []  # the place in t of a time that is needed, None for a grid point
        self._rows: list[tuple[int, int]] = []  # for each time of t, the rows that it lies between
        self._times: list[float] = []
        signed = [point if points[-1] >= points[0] else -point for point in points]
        for place, time in enumerate(t.tolist()):
            self._add(place, time, bisect_left(signed, time if points[-1] >= points[0] else -time))

    @property
    def times_needed(self) -> Tensor:
        """The times to solve for. Those of `t` among them carry its graph."""
        if len(self._needed) == len(self._t) and None not in self._needed:
            return self._t
        exact = torch.tensor(self._times, dtype=torch.float64, device=self._t.device)
        if not self._t.requires_grad:
            return exact
        pairs = zip(self._needed, exact.unbind(), strict=True)
        return torch.stack([time if place is None else self._t[place].to(time) for place, time in pairs])

    def interpolated(self, ys: Tensor, interp: str, function: Field) -> Tensor:
        """The states at `t` from those at the times needed."""
        if len(ys) == len(self._rows) and all(before == after for before, after in self._rows):
            return ys
        return torch.stack([self._between(ys, place, interp, function) for place in range(len(self._rows))])

    def _add(self, place: int, time: float, after: int) -> None:
        """Note what it takes for `time`, which lies at or before the grid point `after`."""
        for near in (after - 1, after):
            if 0 <= near < len(self.points) and abs(self.points[near] - time) <= AT_STEP_END * abs(time):
                row = self._row(time, place)
                self._rows.append((row, row))
                return
        self._rows.append((self._row(self.points[after - 1], None), self._row(self.points[after], None)))

    def _row(self, time: float, place: int | None) -> int:
        for row in range(max(0, len(self._times) - 2), len(self._times)):
            if abs(self._times[row] - time) <= AT_STEP_END * abs(time):
                self._needed[row] = self._needed[row] if place is None else place
                return row
        self._times.append(time)
        self._needed.append(place)
        return len(self._times) - 1

    def _between(self, ys: Tensor, place: int, interp: str, function: Field) -> Tensor:
        before, after = self._rows[place]
        if before == after:
            return ys[before]
        start, stop = self._times[before], self._times[after]
        dt = stop - start
        theta = ((self._t[place] - start) / dt).to(ys.dtype)
        y0, y1 = ys[before], ys[after]
        if interp == "linear":
            return y0 + theta * (y1 - y0)
        f0, f1 = function(ys.new_tensor(start), y0), function(ys.new_tensor(stop), y1)
        rest = 1 - theta
        return (
            (1 + 2 * theta) * rest**2 * y0
            + theta * rest**2 * dt * f0
            + theta**2 * (3 - 2 * theta) * y1
            - theta**2 * rest * dt * f1
        )
