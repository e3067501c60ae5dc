"""What moving particles leave behind: a picture in which every frame fades the last and adds to it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.velocity_grid import Extent

HALF_LIFE = 0.16  # seconds after which a trail is half as bright
BRIGHTNESS = 120.0  # of 255, what a particle in motion adds to the pixels it crosses
LONGEST_HOP = 4  # deposits along one frame's way; more pixels than that a frame leaves gaps, unseen at 60 a second


class TrailBuffer:
    """A picture of `width` × `height` pixels over `extent`, row 0 on top, values 0 to 255 and beyond."""

    def __init__(self, width: int, height: int, extent: Extent) -> None:
        self.width, self.height, self.extent = width, height, extent
        self._light = np.zeros((height, width), np.float32)
        self._bytes = np.zeros((height, width), np.uint8)
        self._pixels = np.zeros((height, width), np.uint32)

    def fade(self, seconds: float) -> None:
        """Let `seconds` pass over what is drawn."""
        self._light *= np.float32(math.pow(0.5, seconds / HALF_LIFE))

    def draw(self, before: NDArray[np.complex64], after: NDArray[np.complex64]) -> None:
        """Add the way of every particle from `before` to `after`; who hardly moves adds little, so rest stays dark."""
        start, end = self._in_pixels(before), self._in_pixels(after)
        way = end - start
        length = np.abs(way)
        hops = int(np.clip(np.ceil(np.quantile(length[::16], 0.98)), 1, LONGEST_HOP)) if length.size else 1
        light = np.minimum(length / hops + np.float32(0.06), np.float32(1.0)) * np.float32(BRIGHTNESS)
        for hop in range(1, hops + 1):
            self._deposit(start + way * np.float32(hop / hops), light)

    def move(self, extent: Extent) -> None:
        """Show `extent` instead, carrying what is drawn along: pan and zoom keep their trails."""
        if extent == self.extent:
            return
        columns = self._sources(self.width, extent.x_min, extent.width, self.extent.x_min, self.extent.width)
        rows = self._sources(self.height, -extent.y_max, extent.height, -self.extent.y_max, self.extent.height)
        inside = np.ix_((rows >= 0) & (rows < self.height), (columns >= 0) & (columns < self.width))
        moved = np.zeros_like(self._light)
        known_rows = rows[(rows >= 0) & (rows < self.height)]
        known_columns = columns[(columns >= 0) & (columns < self.width)]
        moved[inside] = self._light[np.ix_(known_rows, known_columns)]
        self._light, self.extent = moved, extent

    def clear(self) -> None:
        """Forget all trails."""
        self._light[:] = 0.0

    def pixels(self, colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The picture in the 256 `colours`, (height, width). The array is reused by the next call."""
        np.minimum(self._light, np.float32(255.0), out=self._light)
        self._bytes[:] = self._light
        np.take(colours, self._bytes, out=self._pixels, mode="clip")
        return self._pixels

    def _in_pixels(self, points: NDArray[np.complex64]) -> NDArray[np.complex64]:
        across = np.float32(self.width / self.extent.width)
        down = np.float32(-self.height / self.extent.height)
        pixels = np.empty_like(points)
        pixels.real = (points.real - np.float32(self.extent.x_min)) * across
        pixels.imag = (points.imag - np.float32(self.extent.y_max)) * down
        return pixels

    def _deposit(self, points: NDArray[np.complex64], light: NDArray[np.float32]) -> None:
        x, y = points.real - np.float32(0.5), points.imag - np.float32(0.5)
        inside = (x >= 0) & (x < self.width - 1) & (y >= 0) & (y < self.height - 1)
        x, y, light = x[inside], y[inside], light[inside]
        column, row = x.astype(np.intp), y.astype(np.intp)
        x -= column
        y -= row
        pixel = row * self.width + column
        flat = self._light.reshape(-1)
        right, left = light * x, light * (1 - x)
        np.add.at(flat, pixel, left * (1 - y))
        np.add.at(flat, pixel + 1, right * (1 - y))
        np.add.at(flat, pixel + self.width, left * y)
        np.add.at(flat, pixel + self.width + 1, right * y)

    @staticmethod
    def _sources(count: int, start: float, span: float, old_start: float, old_span: float) -> NDArray[np.intp]:
        centres = start + (np.arange(count) + 0.5) * (span / count)
        return np.floor((centres - old_start) * (count / old_span)).astype(np.intp)
