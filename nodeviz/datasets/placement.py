"""Where data lie in the plane: moved and scaled, alike in x and y, and how to come back to their own units."""

from __future__ import annotations

from math import isfinite, log

import msgspec
import numpy as np
from numpy.typing import NDArray


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point of the data is at (point - centre) / scale in the plane.

    Raises `ValueError` unless the centre is finite and the scale finite and above zero.
    """

    centre: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (all(map(isfinite, self.centre)) and isfinite(self.scale) and self.scale > 0):
            raise ValueError(
                f"Data are placed by a finite centre and a scale above zero; got {self.centre} and {self.scale}."
            )

    @property
    def moves(self) -> bool:
        """Whether the plane is not in the data's own units."""
        return self != Placement()

    @property
    def log_area(self) -> float:
        """Of the plane's unit square in the data's units, the logarithm: what a log density is less there."""
        return 2 * log(self.scale)

    def in_plane(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where `points` (..., 2) of the data lie in the plane."""
        return (points - np.array(self.centre)) / self.scale

    def in_data(self, ys: NDArray[np.floating]) -> NDArray[np.float64]:
        """What `ys` (..., 2) of the plane are in the data's own units."""
        return np.asarray(ys, np.float64) * self.scale + np.array(self.centre)
