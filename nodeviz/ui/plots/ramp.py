"""Which colour stands for a number: ramps that are even to the eye, between two ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)  # both: B. Ottosson, "A perceptual color space for image processing" (2020)


def ramp(low: str, high: str, count: int = 256) -> NDArray[np.uint32]:
    """`count` colours from `low` to `high` (`#rrggbb`) at equal steps of OKLab, as 0xffRRGGBB."""
    return blended_ramp((low, high), count)


def blended_ramp(stops: Sequence[str], count: int = 256) -> NDArray[np.uint32]:
    """`count` colours through all `stops` (`#rrggbb`), at equal steps of OKLab between neighbours."""
    return _packed(_srgb(_between(stops, np.linspace(0.0, 1.0, count))), np.full(count, 255.0))


def fade(colour: str, opacity: float, count: int = 256) -> NDArray[np.uint32]:
    """`colour` from invisible to `opacity`, premultiplied, as 0xAARRGGBB."""
    alpha = np.linspace(0.0, opacity, count)
    rgb = np.array(_bytes(colour), float)[None, :] * alpha[:, None]
    return _packed(rgb, alpha * 255.0)


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` in it: what translucent paint would give, without alpha."""
    lab = (1.0 - share) * _lab(colour) + share * _lab(other)
    red, green, blue = np.rint(_srgb(lab[None, :])[0]).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def contrast(colour: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2.1, from 1 to 21."""
    first, second = (_linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (colour, other))
    return float((max(first, second) + 0.05) / (min(first, second) + 0.05))


def channels(colour: str) -> NDArray[np.float64]:
    """Red, green and blue of `colour`, 0 to 255."""
    return np.array(_bytes(colour), float)


def packed(rgb: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Opaque colours of `rgb` (..., 3), 0 to 255, as 0xffRRGGBB."""
    whole = (rgb + 0.5).astype(np.uint32)
    red, green, blue = (whole[..., side] for side in range(3))
    return np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue


def _bytes(colour: str) -> tuple[int, int, int]:
    digits = colour.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"A colour is written #rrggbb; got {colour!r}. Write six hexadecimal digits.")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _linear(colour: str) -> NDArray[np.float64]:
    srgb = np.array(_bytes(colour)) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _lab(colour: str) -> NDArray[np.float64]:
    return _TO_LAB @ np.cbrt(_TO_LMS @ _linear(colour))


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0.0, 1.0)
    return 255.0 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _between(stops: Sequence[str], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colours at `shares` (n,) of the way through `stops`, in OKLab, (n, 3)."""
    at, labs = np.linspace(0.0, 1.0, len(stops)), np.array([_lab(stop) for stop in stops])
    return np.stack([np.interp(shares, at, side) for side in labs.T], axis=1)


def _packed(rgb: NDArray[np.float64], alpha: NDArray[np.float64]) -> NDArray[np.uint32]:
    red, green, blue = np.rint(rgb).astype(np.uint32).T
    return (np.rint(alpha).astype(np.uint32) << 24) | (red << 16) | (green << 8) | blue
