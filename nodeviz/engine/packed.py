"""How arrays, trajectories, and what a task shows, look on the wire: dtype, shape and raw bytes, never tensors."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nodeviz.tasks.picture import Cloud, Surface, SurfaceKind


class Array(msgspec.Struct, frozen=True, array_like=True):
    """A numpy array on the wire: dtype, shape, raw little-endian bytes in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def pack(array: NDArray[Any]) -> Array:
    """The wire form of `array`. Raises `ValueError` for arrays of anything but plain numbers."""
    if array.dtype.kind not in "biufc":
        raise ValueError(f"Only arrays of numbers travel; this one holds {array.dtype}. Convert it before packing.")
    array = np.asarray(array, array.dtype.newbyteorder("<"))
    return Array(array.dtype.str, array.shape, array.tobytes())


def unpack(array: Array) -> NDArray[Any]:
    """The array, read-only, sharing the message's bytes. Raises `ValueError` when the bytes do not fit the shape."""
    try:
        dtype = np.dtype(array.dtype)
    except TypeError as error:
        raise ValueError(f"An array came with dtype {array.dtype!r}; it should be one of numpy's numbers.") from error
    size = prod(array.shape)
    if dtype.kind not in "biufc" or min(array.shape, default=0) < 0 or size * dtype.itemsize != len(array.data):
        raise ValueError(f"{len(array.data)} bytes came for an array {array.dtype} of shape {array.shape}.")
    return np.frombuffer(array.data, dtype, size).reshape(array.shape)


class Curve(msgspec.Struct, frozen=True, array_like=True):
    """One integrated trajectory: ts (n,), ys (n, 2), its cost, and the solver's status ("success" when well)."""

    ts: Array
    ys: Array
    nfe: int
    accepted: int
    rejected: int
    status: str
    sentence: str = ""


class PackedSurface(msgspec.Struct, frozen=True, array_like=True):
    """A `tasks.picture.Surface` on the wire."""

    kind: SurfaceKind
    values: Array


class PackedCloud(msgspec.Struct, frozen=True, array_like=True):
    """A `tasks.picture.Cloud` on the wire."""

    ts: Array
    ys: Array
    labels: Array


def packed_surface(surface: Surface) -> PackedSurface:
    """The wire form of `surface`."""
    return PackedSurface(surface.kind, pack(surface.values))


def packed_cloud(cloud: Cloud) -> PackedCloud:
    """The wire form of `cloud`."""
    return PackedCloud(*(pack(array) for array in cloud))
