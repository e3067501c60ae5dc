"""How trajectories are compared with the way through a net's layers: the trajectories faint, the layers bright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from nodeviz.ui.plots.layer_steps import LayerSteps
from nodeviz.ui.plots.ramp import mixed
from nodeviz.ui.plots.trajectories import ClassedCurves

BEHIND = 0.5
"""How much of the canvas is in the colour of trajectories behind layers."""

Curve = NDArray[np.floating]


class LayeredCurves(pg.ItemGroup):
    """Trajectories of one kind in the colours of their classes, alone or behind the same as a ResNet has them."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self._flow, self._steps = ClassedCurves(width), LayerSteps()
        self._flow.setParentItem(self)
        self._steps.setParentItem(self)
        self._colours: Sequence[str] = ("#000000",)
        self._canvas = "#000000"

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The trajectories."""
        return self._flow.curves

    @property
    def layers(self) -> tuple[Curve, ...]:
        """The same as a ResNet has them; none where no layers are looked at."""
        return self._steps.curves

    @property
    def bright(self) -> tuple[Curve, ...]:
        """Those that are looked at: through layers, where there are any."""
        return self.layers or self.curves

    @property
    def labels(self) -> NDArray[np.integer]:
        """The class of each."""
        return self._flow.labels

    def colour(self, label: int) -> str:
        """The colour of class `label`."""
        return self._colours[label % len(self._colours)]

    def set_curves(
        self, curves: Sequence[Curve], labels: NDArray[np.integer] | None = None, layers: Sequence[Curve] = ()
    ) -> None:
        """Show these, each (n, 2), of classes `labels` (curves,); `layers` are none, or one a curve (layers + 1, 2)."""
        appeared = bool(self.layers) != bool(layers)
        self._flow.set_curves(curves, labels)
        self._steps.set_curves(layers, self._flow.labels)
        if appeared:
            self.set_colours(self._colours, self._canvas)

    def keep(self, which: Sequence[int]) -> None:
        """Show no more than these."""
        kept = [[of[i] for i in which if i < len(of)] for of in (self.curves, self.layers)]
        self.set_curves(kept[0], self.labels[list(which)], kept[1])

    def set_colours(self, colours: Sequence[str], canvas: str) -> None:
        """The colour of each class, and that of the ground."""
        self._colours, self._canvas = colours, canvas
        self._steps.set_colours(colours, canvas)
        self._flow.set_colours([mixed(colour, canvas, BEHIND) for colour in colours] if self.layers else colours)

    def set_width(self, width: float) -> None:
        """How wide the trajectories are; layers are as they are."""
        self._flow.set_width(width)
