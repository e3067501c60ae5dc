"""What lies over a view, as points of it: for names of curves to keep clear of."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

STEP, WEIGHT = 7.0, 3  # pixels between points below a rectangle, and how many of a curve's each counts for


def covered(view: pg.ViewBox, rects: Iterable[QRectF]) -> NDArray[np.float64]:
    """Points in the coordinates of `view` below `rects`, which are in its pixels: (n, 2)."""
    grids = [
        np.meshgrid(np.arange(rect.left(), rect.right(), STEP), np.arange(rect.top(), rect.bottom(), STEP))
        for rect in rects
    ]
    pixels = np.concatenate([np.zeros((0, 2)), *(np.stack(grid, axis=-1).reshape(-1, 2) for grid in grids)])
    shown = view.viewRect()
    scale = np.array([shown.width() / max(view.width(), 1.0), -shown.height() / max(view.height(), 1.0)])
    return np.repeat(np.array([shown.left(), shown.bottom()]) + pixels * scale, WEIGHT, axis=0)
