"""What the velocity is between the points of a grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Extent(NamedTuple):
    """A rectangle of the plane, in data coordinates."""

    x_min: float
    x_max: float
    y_min: float
    y_max: float

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        return self.y_max - self.y_min

    def widened(self, share: float) -> Extent:
        """The same middle, longer by `share` of it on every side."""
        right, up = share * self.width, share * self.height
        return Extent(self.x_min - right, self.x_max + right, self.y_min - up, self.y_max + up)

    def intersected(self, other: Extent) -> Extent:
        """The part that both cover; empty (x_max ≤ x_min) when there is none."""
        return Extent(
            max(self.x_min, other.x_min),
            min(self.x_max, other.x_max),
            max(self.y_min, other.y_min),
            min(self.y_max, other.y_max),
        )


class VelocityGrid:
    """A velocity known at (x_i, y_j), interpolated bilinearly in between and held constant outside.

    Points and velocities are complex numbers x + iy: one gather instead of two, which is what 20,000 particles pay for.
    """

    def __init__(self, velocity: NDArray[np.floating], extent: tuple[float, float, float, float]) -> None:
        """velocity: (nx, ny, 2), [i, j] at (x_i, y_j); what is not finite counts as rest."""
        if velocity.ndim != 3 or velocity.shape[2] != 2 or min(velocity.shape[:2]) < 2:
            raise ValueError(
                f"A velocity grid has shape (nx, ny, 2), nx and ny of 2 or more; got {velocity.shape}. "
                "Pass velocities on a grid."
            )
        self.extent = Extent(*extent)
        if self.extent.width <= 0 or self.extent.height <= 0:
            raise ValueError(
                f"An extent is (x_min, x_max, y_min, y_max), each pair growing; got {extent}. "
                "Swap what is the wrong way round."
            )
        clean = np.nan_to_num(velocity.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        self.values: NDArray[np.complex64] = clean[..., 0] + 1j * clean[..., 1]
        self._flat = self.values.ravel()
        self._nx, self._ny = velocity.shape[:2]

    def at(self, points: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """The velocity at `points` (n,)."""
        u = (points.real - np.float32(self.extent.x_min)) * np.float32((self._nx - 1) / self.extent.width)
        v = (points.imag - np.float32(self.extent.y_min)) * np.float32((self._ny - 1) / self.extent.height)
        np.clip(u, 0, self._nx - 1, out=u)
        np.clip(v, 0, self._ny - 1, out=v)
        i = np.minimum(u.astype(np.int32), self._nx - 2)
        j = np.minimum(v.astype(np.int32), self._ny - 2)
        u -= i
        v -= j
        corner = i * self._ny + j
        near = self._flat.take(corner)
        near += (self._flat.take(corner + 1) - near) * v
        far = self._flat.take(corner + self._ny)
        far += (self._flat.take(corner + self._ny + 1) - far) * v
        return near + (far - near) * u

    def speeds(self) -> NDArray[np.float32]:
        """|f| at the grid's points, (nx, ny)."""
        return np.abs(self.values)

    def evened(self, exponent: float) -> VelocityGrid:
        """The same streamlines with speed s made s**(1 - exponent), around the grid's median speed."""
        speeds = self.speeds()
        moving = speeds[speeds > 0]
        if moving.size == 0:
            return self
        median = np.median(moving)
        factor = (np.maximum(speeds, 1e-3 * median) / median) ** -exponent
        even = self.values * factor
        return VelocityGrid(np.stack([even.real, even.imag], axis=-1), self.extent)
