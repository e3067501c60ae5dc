"""The trajectories from the user's starts: the more there are, the quieter, but for the one placed last."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg

from nodeviz.ui.plots.layered_curves import Curve, LayeredCurves
from nodeviz.ui.plots.ramp import mixed

WIDTH, NARROWEST = 1.8, 0.8
"""Pixels of a trajectory among few, and of one of very many."""
FAINTEST = 0.5
"""How much of the ground is in the colour of one of very many; opaque, for what shines through is slow to draw."""
FEW, MANY = 4, 24
"""So many still look like one each; so many are as quiet as can be."""


class OwnCurves(pg.ItemGroup):
    """Two families: all but the newest, thinned out by their number, and the newest above them, always bright."""

    def __init__(self) -> None:
        super().__init__()
        self._others, self._newest = LayeredCurves(WIDTH), LayeredCurves(WIDTH)
        self._others.setParentItem(self)
        self._newest.setParentItem(self)
        self._colour, self._canvas = "#000000", "#000000"

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The trajectories, the newest last."""
        return self._others.curves + self._newest.curves

    @property
    def layers(self) -> tuple[Curve, ...]:
        """The same as a ResNet has them; none where no layers are looked at."""
        return self._others.layers + self._newest.layers

    @property
    def bright(self) -> tuple[Curve, ...]:
        """Those that are looked at: through layers, where there are any."""
        return self.layers or self.curves

    def set_curves(self, curves: Sequence[Curve], layers: Sequence[Curve] = ()) -> None:
        """Show these, each (n, 2), the newest last; `layers` are none, or one a curve (layers + 1, 2)."""
        before = len(self.curves)
        self._others.set_curves(curves[:-1], layers=layers[:-1])
        self._newest.set_curves(curves[-1:], layers=layers[-1:])
        if before != len(curves):
            self._dress()

    def keep(self, which: Sequence[int]) -> None:
        """Show no more than these."""
        curves, layers = self.curves, self.layers
        self.set_curves([curves[i] for i in which], [layers[i] for i in which if i < len(layers)])

    def set_colour(self, colour: str, canvas: str) -> None:
        """The colour of one alone, and that of the ground."""
        self._colour, self._canvas = colour, canvas
        self._dress()

    def _dress(self) -> None:
        quiet = quietness(len(self.curves))
        self._others.set_width(WIDTH + quiet * (NARROWEST - WIDTH))
        self._others.set_colours((mixed(self._colour, self._canvas, quiet * FAINTEST),), self._canvas)
        self._newest.set_colours((self._colour,), self._canvas)


def quietness(count: int) -> float:
    """How far so many trajectories are to step back, from 0, for a few, to 1."""
    return min(1.0, max(0.0, (count - FEW) / (MANY - FEW))) ** 0.5  # fast at first: a dozen are a crowd already
