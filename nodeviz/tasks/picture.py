"""What a task shows in the phase plane besides trajectories: a surface behind them, points that move, and figures."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

SurfaceKind = Literal["classes", "density", "potential"]
Care = Literal["quick", "usual", "fine"]
"""How much time a picture may take: quick, while weights move and it is soon replaced; fine, when all is at rest.

In a quick one figures may be of a moment ago: they need not change faster than they can be read.
"""
SURFACE_SHARES: dict[Care, float] = {"quick": 0.625, "usual": 1.0, "fine": 1.5}
"""How many points a side a surface has, for one of the velocities."""


class Viewpoint(NamedTuple):
    """What the phase plane looks at: x0, x1, y0, y1; the time under the scrubber; how many grid points a side.

    `layers` says through how many steps of Euler's, the layers of a ResNet, the flow is looked at; 0 is the ODE itself.
    """

    extent: tuple[float, float, float, float]
    t: float
    grid: int
    layers: int = 0
    care: Care = "usual"


def layers_in_words(layers: int) -> str:
    """What a net of so many layers is called."""
    return "1 layer" if layers == 1 else f"{layers} layers"


class Surface(NamedTuple):
    """Values over the viewpoint's extent, (grid, grid) float32, [i, j] at (x_i, y_j), at the viewpoint's time.

    classes: the probability of the second of two classes, or (grid, grid, classes) for more. density: a probability
    density, never negative. potential: any number.
    """

    kind: SurfaceKind
    values: NDArray[np.float32]


class Cloud(NamedTuple):
    """Points carried by the flow: ts (times,), ys (times, points, 2 or 3) float32, labels (points,) uint8.

    A third coordinate is an augmented dimension, drawn as height.
    """

    ts: NDArray[np.float64]
    ys: NDArray[np.float32]
    labels: NDArray[np.uint8]


class Figure(NamedTuple):
    """A figure of merit beside the plane: what it is called, its value and unit, and a sentence that explains it."""

    label: str
    value: float
    unit: str = ""
    sentence: str = ""


class Picture(NamedTuple):
    """What there is to show; a task leaves out what it does not have."""

    surface: Surface | None = None
    cloud: Cloud | None = None
    figures: tuple[Figure, ...] = ()
