"""How the particles live in a field: how many, how fast, where; and what trails they draw."""

from __future__ import annotations

import numpy as np

from nodeviz.ui.plots.particles import Particles
from nodeviz.ui.plots.trails import TrailBuffer
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

PACE = 0.10  # of the plane's height that a particle of median speed crosses in a second
EVENNESS = 0.5  # the particles' speed is the root of the field's: fast corners do not blur, slow centres still move
AREA = 38.0  # pixels a particle has to itself: the same picture in a small plane as in a large one
BORDER = 0.06  # of the plane that particles live beyond its edges, so that fast inflow brings some along


class Swarm:
    """At most `most` particles in the part of a field that is visible."""

    def __init__(self, grid: VelocityGrid, most: int) -> None:
        self.most = most
        self.particles = Particles(0)
        self.set_grid(grid)

    def set_grid(self, grid: VelocityGrid) -> None:
        """Move by this field from now on."""
        self._field = grid.evened(EVENNESS)
        speeds = self._field.speeds()
        moving = speeds[speeds > 0]
        self._speed = float(np.median(moving)) if moving.size else 1.0

    def advance(self, trails: TrailBuffer, seconds: float, share: float = 1.0) -> None:
        """Let `seconds` pass over the particles, `share` of those there might be, and over their `trails`."""
        visible = trails.extent
        bounds = visible.intersected(self._field.extent)
        if bounds.width <= 0 or bounds.height <= 0:
            return
        bounds = bounds.widened(BORDER)
        self._populate(trails.width * trails.height / AREA, share, bounds)
        duration = seconds * PACE * visible.height / self._speed
        self.particles.advance(self._field, duration, seconds, bounds)
        trails.fade(seconds)
        trails.draw(self.particles.before, self.particles.points)

    def _populate(self, room: float, share: float, bounds: Extent) -> None:
        wanted = max(1, round(share * min(self.most, room)))
        if wanted != self.particles.count:
            self.particles.resize(wanted, bounds)
