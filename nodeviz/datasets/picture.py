"""An image as a density: dark is likely."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import FileDataset, Points
from nodeviz.datasets.image_file import Image, image_file
from nodeviz.datasets.yin_yang import yin_yang
from nodeviz.settings import Choice, described

Array = NDArray[np.float64]

FILES = (".png", ".pgm", ".ppm")
HALF = 3.0
"""Half of the picture's longer side, in the plane."""
MOST = 192
"""Pixels a side: a larger image is averaged down, for no flow shows finer things."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(6)
FAINTEST = 1 / 512
"""Ink that 8 bits cannot tell from none."""
INKS = (
    Choice("dark", "dark", "Dark pixels are likely, as ink on paper."),
    Choice("bright", "bright", "Bright pixels are likely, as stars at night."),
)


class Pixels(NamedTuple):
    """The share of all points that each pixel has, (columns, rows), bottom row first; their running sum, which ends
    at 1; the width of one; the entropy of the density between them.
    """

    shares: Array
    cumulated: Array
    size: float
    entropy: float

    @property
    def corner(self) -> Array:
        """The middle of the first pixel, (2,)."""
        return -self.size * (np.array(self.shares.shape) - 1) / 2


class SeenImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That there was an image with ink at `path`."""

    path: str


class Picture(FileDataset, frozen=True, tag="picture"):
    """A pixel is drawn by its ink, then a place near it: the density is the bilinear interpolation of the pixels.

    From a PNG, PGM or PPM file; yin and yang when none is given. Around zero, its longer side 6.
    """

    files: ClassVar[tuple[str, ...]] = FILES

    path: Annotated[
        str,
        described("image", "A PNG, PGM or PPM file; yin and yang when none is given.", max_length=4096, files=FILES),
    ] = ""
    ink: Annotated[Literal["dark", "bright"], described("ink", "Which pixels are likely.", choices=INKS)] = "dark"
    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.0
    seen: SeenImage | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the first setting that is out of its bounds."""
        super().__post_init__()
        if self.seen is None or self.seen.path != self.path:
            msgspec.structs.force_setattr(self, "seen", self._look())

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: the whole image and a margin."""
        reach = HALF + 0.5 + 3 * self.noise
        return (-reach, reach, -reach, reach)

    def read(self) -> Pixels:
        """The image as it is sampled from. Raises `ValueError` when it is no image with ink."""
        return self.pixels

    @property
    def pixels(self) -> Pixels:
        """The image as it is sampled from. Raises `ValueError` when it cannot be read, or has no ink at all."""
        return pixels_of(image_file(Path(self.path)) if self.path else yin_yang(), self.ink)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        pixels = self.pixels
        which = np.searchsorted(pixels.cumulated, generator.random(count), side="right")
        at = np.stack(np.unravel_index(np.minimum(which, pixels.shares.size - 1), pixels.shares.shape), -1)
        # the sum of two even numbers has the tent-shaped density by which bilinear interpolation weighs a pixel
        beside = generator.random((count, 2)) + generator.random((count, 2)) - 1
        ys = pixels.corner + pixels.size * (at + beside) + self.noise * generator.standard_normal((count, 2))
        return Points(ys, np.zeros(count, np.int64))

    def log_density(self, ys: Array) -> Array | None:
        """At `ys` (n, 2): minus infinity where there is no ink; None with noise."""
        if self.noise or self.lost:
            return None
        pixels = self.pixels
        with np.errstate(divide="ignore"):
            return np.log(_interpolated(pixels.shares, (ys - pixels.corner) / pixels.size) / pixels.size**2)

    @property
    def entropy(self) -> float | None:
        """In nats; None with noise."""
        return None if self.noise or self.lost else self.pixels.entropy

    def _look(self) -> SeenImage | None:
        """Nothing of the example, which is always there, and none of an image that is not."""
        with suppress(ValueError):
            if self.path:
                self.read()
                return SeenImage(self.path)
        return None


@lru_cache(maxsize=8)
def pixels_of(image: Image, ink: str) -> Pixels:
    """The image's ink, averaged down to at most `MOST` pixels a side. Raises `ValueError` when there is none."""
    grey = _averaged(image.grey)
    weights = np.ascontiguousarray((1 - grey if ink == "dark" else grey)[::-1].T)
    weights[weights < FAINTEST] = 0.0
    total = weights.sum()
    if not total:
        raise ValueError(f"The image has no {ink} pixel, so that nothing is likely. Choose another image, or ink.")
    shares = weights / total
    cumulated = np.cumsum(shares)
    size = 2 * HALF / max(shares.shape)
    return Pixels(shares, cumulated / cumulated[-1], size, _entropy(shares, size))


def _averaged(grey: Array) -> Array:
    """Blocks of pixels as one, where there are too many; what is left over at the right and below is cut off."""
    block = ceil(max(grey.shape) / MOST)
    rows, columns = (max(1, side // block) for side in grey.shape)
    block_rows, block_columns = min(block, grey.shape[0]), min(block, grey.shape[1])
    cut = grey[: rows * block_rows, : columns * block_columns]
    return cut.reshape(rows, block_rows, columns, block_columns).mean((1, 3))


def _interpolated(shares: Array, at: Array) -> Array:
    """Bilinearly between pixels, at (n, 2) in pixels from the first one's middle; zero beyond."""
    padded = np.pad(shares, 1)
    inside = np.clip(at, -1.0, np.array(shares.shape)) + 1
    low = np.minimum(inside.astype(np.int64), np.array(padded.shape) - 2)
    (i, j), (across, up) = low.T, (inside - low).T
    lower = (1 - across) * padded[i, j] + across * padded[i + 1, j]
    upper = (1 - across) * padded[i, j + 1] + across * padded[i + 1, j + 1]
    return (1 - up) * lower + up * upper


def _entropy(shares: Array, size: float) -> float:
    """Minus the integral of p log p: by Gauss-Legendre quadrature between every four pixels."""
    padded, total = np.pad(shares, 1), 0.0
    places = (NODES + 1) / 2
    for across, weight_across in zip(places, WEIGHTS / 2, strict=True):
        between = (1 - across) * padded[:-1] + across * padded[1:]
        for up, weight_up in zip(places, WEIGHTS / 2, strict=True):
            density = (1 - up) * between[:, :-1] + up * between[:, 1:]
            there = density[density > 0]
            total -= float(weight_across * weight_up * (there @ np.log(there / size**2)))
    return total
