"""A picture that is drawn by code: yin and yang, with a bold outline."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.image_file import Image

SIDE, FINER = 96, 4
"""Pixels a side, and how many samples a side each of them is the mean of."""
RIM = 0.94


@cache
def yin_yang() -> Image:
    """96 pixels a side."""
    ticks = (np.arange(SIDE * FINER) + 0.5) / (SIDE * FINER) * 2 - 1
    x, y = ticks[np.newaxis, :], -ticks[:, np.newaxis]

    def disc(centre: float, radius: float) -> NDArray[np.bool_]:
        return x**2 + (y - centre) ** 2 < radius**2

    dark = (((x < 0) | disc(-RIM / 2, RIM / 2)) & ~disc(RIM / 2, RIM / 2)) | disc(RIM / 2, RIM / 7)
    dark &= ~disc(-RIM / 2, RIM / 7)
    dark = (dark & disc(0.0, RIM)) | (disc(0.0, RIM) & ~disc(0.0, RIM - 0.05))
    grey = 1.0 - dark.reshape(SIDE, FINER, SIDE, FINER).mean((1, 3))
    grey.flags.writeable = False
    return Image(grey)
