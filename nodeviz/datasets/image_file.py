"""How an image is read from a file as grey values: PNG, PGM and PPM, with numpy and the standard library alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.watched_file import Kind, Version

Grey = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Image:
    """Grey values from 0, black, to 1, white: (rows, columns), top row first. Another image is another object."""

    grey: Grey


KIND = Kind("The image", "a PNG, PGM or PPM image", "an image")
MOST_PIXELS = 25_000_000
"""Of an image: a small file may claim to be a huge one."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Of red, green and blue (ITU-R BT.709)."""
SHORT = "ends before its last pixel. Save or copy it anew."
PNG = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of PNG's colour types: grey, colour, palette, grey with alpha, colour with alpha."""


def image_file(path: Path) -> Image:
    """The image at `path`, read again when it has changed.

    What is transparent is white. Raises `ValueError`, a sentence, when it cannot be read.
    """
    return _read(path, KIND.version(path))


@lru_cache(maxsize=4)
def _read(path: Path, version: Version) -> Image:
    """That version of the image at `path`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"The image {path} cannot be read: {error.strerror}.") from error
    try:
        grey = _png(data) if data.startswith(PNG) else _netpbm(data)
    except (struct.error, zlib.error, IndexError, KeyError) as error:
        raise ValueError(f"{path.name} is damaged and cannot be read as an image. Save it anew.") from error
    except ValueError as error:
        raise ValueError(f"{path.name} {error}") from error
    grey.flags.writeable = False
    return Image(grey)


class Header(NamedTuple):
    """What a PNG says of itself first."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlaced: int


def _png(data: bytes) -> Grey:
    """By the PNG specification (W3C, third edition)."""
    chunks = list(_chunks(data))
    header = Header(*struct.unpack(">IIBBBBB", chunks[0][1]))
    _check_size(header.width, header.height)
    if header.interlaced or header.depth not in (8, 16) or header.colour not in CHANNELS:
        raise ValueError("is a PNG with interlacing or fewer than 8 bits a value; save it as plain 8-bit grey or RGB.")
    channels = CHANNELS[header.colour]
    packed = zlib.decompressobj()
    row = header.width * channels * header.depth // 8
    raw = packed.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"), header.height * (row + 1))
    if len(raw) < header.height * (row + 1):
        raise ValueError(SHORT)
    lines = np.frombuffer(raw, np.uint8).reshape(header.height, row + 1)
    values = _unfiltered(lines[:, 0], lines[:, 1:], channels * header.depth // 8)
    if header.depth == 16:
        values = values[:, ::2]  # the upper bytes are all that is seen
    image = values.reshape(header.height, header.width, channels)
    if header.colour == 3:
        palette = dict(chunks)[b"PLTE"]
        image = np.frombuffer(palette, np.uint8).reshape(-1, 3)[image[:, :, 0]]
    return _grey(image / 255.0)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the body of each."""
    at = len(PNG)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _unfiltered(filters: NDArray[np.uint8], lines: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Rows of bytes as they were before each was written as differences to its neighbours."""
    found = np.zeros_like(lines)
    above = np.zeros(lines.shape[1], np.uint8)
    for i, kind in enumerate(filters.tolist()):
        if kind in (0, 2):
            found[i] = lines[i] + (above if kind else 0)
        elif kind == 1:
            found[i] = np.cumsum(lines[i].reshape(-1, step), 0, np.uint8).ravel()
        else:
            found[i] = _predicted(lines[i].tolist(), above.tolist(), step, average=kind == 3)
        above = found[i]
    return found


def _predicted(line: list[int], above: list[int], step: int, average: bool) -> list[int]:
    """A row written as differences to the average of left and above, or to Paeth's choice of three neighbours."""
    row: list[int] = []
    for i, byte in enumerate(line):
        left, up, corner = (row[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
        guess = (left + up) // 2 if average else _paeth(left, up, corner)
        row.append((byte + guess) & 255)
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _netpbm(data: bytes) -> Grey:
    """Binary PGM and PPM."""
    words: list[bytes] = []
    at = 0
    while len(words) < 4 and at < len(data):
        line, _, _ = data[at:].partition(b"\n")
        words += line.partition(b"#")[0].split()
        at += len(line) + 1
    if not words or words[0] not in (b"P5", b"P6"):
        raise ValueError("is no PNG, and no binary PGM or PPM. Save it as one of these.")
    numbers = [int(word) for word in words[1:4] if word.isdigit()]
    if len(numbers) < 3 or not 0 < numbers[2] < 65536:
        raise ValueError("has no width, height and largest value where a PGM or PPM has them. Save it anew.")
    channels = 3 if words[0] == b"P6" else 1
    width, height, most = numbers
    _check_size(width, height)
    kind = np.dtype(">u2") if most > 255 else np.dtype(np.uint8)
    if len(data) - at < width * height * channels * kind.itemsize:
        raise ValueError(SHORT)
    values = np.frombuffer(data, kind, width * height * channels, at)
    return _grey(values.astype(np.float64).reshape(height, width, channels) / most)


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"has {width} × {height} pixels; from 1 to {MOST_PIXELS:,} can be read.")


def _grey(image: NDArray[np.float64]) -> Grey:
    """(rows, columns, 1 to 4) as grey on white."""
    colours = image[:, :, :3] @ LUMINANCE if image.shape[2] >= 3 else image[:, :, 0]
    if image.shape[2] in (2, 4):
        opaque = image[:, :, -1]
        return colours * opaque + 1 - opaque
    return np.array(colours)
