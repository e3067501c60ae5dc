"""The densities that flows are tried on: their entropies, normalisers and forms."""

from __future__ import annotations

import struct
import zlib
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from nodeviz.datasets import Checkerboard, EightGaussians, Energy, Picture, Pinwheel, Rings, SwissRoll, TwoSpirals
from nodeviz.datasets.image_file import image_file
from nodeviz.datasets.quadrature import points_of
from nodeviz.fields.mlp import MLPField
from nodeviz.tasks import MatchDensity


@pytest.mark.parametrize(
    ("dataset", "entropy"),
    [
        (EightGaussians(), 2.8319),
        (Checkerboard(), log(32)),
        (Rings(), 2.6232),
        (SwissRoll(), 2.6696),
        (TwoSpirals(), 2.5406),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_entropy_is_the_one_that_is_told(dataset: EightGaussians, entropy: float) -> None:
    assert dataset.entropy == pytest.approx(entropy, abs=5e-5)


@pytest.mark.parametrize("dataset", [Checkerboard(noise=0.3), Rings(noise=0.3), SwissRoll(noise=0.3)], ids=str)
def test_with_other_noise_the_entropy_is_still_minus_the_mean_log_density(dataset: Rings) -> None:
    known = dataset.log_density(dataset.draw(20_000, np.random.default_rng(0)).ys)
    assert -known.mean() == pytest.approx(dataset.entropy, abs=5 * known.std() / np.sqrt(20_000))


def test_a_sharp_checkerboard_is_even_on_eight_squares_and_a_blurred_one_has_mass_one() -> None:
    ys, area = points_of((-5.0, 5.0, -5.0, 5.0), 0.1)
    sharp = np.exp(Checkerboard().log_density(ys))
    assert sorted(set(sharp)) == [0.0, pytest.approx(1 / 32)]
    assert sharp.sum() * area == pytest.approx(1.0)
    assert sharp[(ys // 2).sum(1) % 2 == 1].max() == 0.0
    blurred = np.exp(Checkerboard(noise=0.1).log_density(ys))
    assert blurred.sum() * area == pytest.approx(1.0, abs=1e-6)


def test_a_pinwheel_has_five_arms_alike() -> None:
    ys = Pinwheel().draw(40_000, np.random.default_rng(0)).ys
    fifths = np.floor((np.arctan2(ys[:, 1], ys[:, 0]) % (2 * np.pi)) / (0.4 * np.pi)).astype(int)
    assert np.abs(np.bincount(fifths) - 8000).max() < 5 * 80


def test_log_z_of_the_first_energy_is_the_usual_one() -> None:
    assert Energy().log_normaliser == pytest.approx(1.8775, abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["u1", "u2", "u3", "u4"])
def test_log_z_is_what_other_quadrature_finds(shape: str) -> None:
    energy = Energy(shape=shape)

    def density(y: float, x: float) -> float:
        return float(np.exp(-energy.energy(np.array([[x, y]]), np))[0])

    pieces = [dblquad(density, x, x + 2, -7, 5, epsabs=1e-7)[0] for x in range(-6, 6, 2)]
    assert energy.log_normaliser == pytest.approx(log(sum(pieces)), abs=1e-5)


@pytest.mark.parametrize("shape", ["u1", "u2", "u3", "u4"])
def test_an_energy_is_the_same_in_numpy_and_in_torch(shape: str) -> None:
    ys = np.random.default_rng(0).uniform(-5, 5, (50, 2))
    energy = Energy(shape=shape)
    np.testing.assert_allclose(energy.energy(ys, np), energy.energy(torch.from_numpy(ys), torch).numpy(), rtol=1e-12)


def test_the_built_in_picture_has_mass_one_and_half_of_its_ink_on_the_left() -> None:
    picture = Picture()
    ys, area = points_of((-4.0, 4.0, -4.0, 4.0), 0.02)
    density = np.exp(picture.log_density(ys))
    assert density.sum() * area == pytest.approx(1.0, abs=1e-3)
    drawn = picture.draw(20_000, np.random.default_rng(0)).ys
    share = density[ys[:, 0] < 0].sum() * area
    assert np.mean(drawn[:, 0] < 0) == pytest.approx(share, abs=0.015)
    assert share > 0.6


def predictions(grey: np.ndarray, filtered: int) -> np.ndarray:
    """What each byte of a PNG line is written as a difference to, by the filter's number."""
    left, up = (
        np.pad(grey, one)[: grey.shape[0], : grey.shape[1]].astype(int) for one in (((0, 0), (1, 0)), ((1, 0), (0, 0)))
    )
    corner = np.pad(grey, ((1, 0), (1, 0)))[:-1, :-1].astype(int)
    near = np.stack([left, up, corner])
    paeth = np.take_along_axis(near, np.abs(near - (left + up - corner)).argmin(0)[np.newaxis], 0)[0]
    return (0 * left, left, up, (left + up) // 2, paeth)[filtered]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(grey: np.ndarray, filtered: int = 0, interlaced: int = 0) -> bytes:
    """An 8-bit grey PNG, all lines written by one filter."""
    lines = (grey - predictions(grey, filtered)).astype(np.uint8)
    raw = np.concatenate([np.full((len(grey), 1), filtered, np.uint8), lines], 1).tobytes()
    head = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 8, 0, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


GREY = np.random.default_rng(0).integers(0, 256, (7, 5)).astype(np.uint8)


@pytest.mark.parametrize("filtered", range(5))
def test_a_png_is_read_as_what_was_written_by_every_filter(tmp_path: Path, filtered: int) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png(GREY, filtered))
    np.testing.assert_allclose(image_file(path).grey, GREY / 255)


def test_a_pgm_is_read_as_what_was_written_and_its_longer_side_fits_the_plane(tmp_path: Path) -> None:
    path = tmp_path / "image.pgm"
    path.write_bytes(b"P5\n# by hand\n5 7\n255\n" + GREY.tobytes())
    np.testing.assert_allclose(image_file(path).grey, GREY / 255)
    x, y = Picture(path=str(path)).draw(1000, np.random.default_rng(0)).ys.T
    assert np.abs(y).max() < 3.5
    assert np.abs(x).max() < 3 * 5 / 7 + 0.5


def test_the_ink_of_a_picture_is_where_it_is_dark_and_top_is_up(tmp_path: Path) -> None:
    grey = np.full((8, 8), 255, np.uint8)
    grey[0, 7] = 0
    path = tmp_path / "corner.png"
    path.write_bytes(png(grey))
    ys = Picture(path=str(path)).draw(100, np.random.default_rng(0)).ys
    assert np.abs(ys - 2.625).max() <= 0.75
    assert Picture(path=str(path), ink="bright").draw(1000, np.random.default_rng(0)).ys.mean() < 0.2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "no PNG"),
        (b"\x89PNG\r\n\x1a\n\0\0", "damaged"),
        (png(GREY)[:60], "ends before"),
        (png(GREY, interlaced=1), "interlacing"),
        (b"P5\n900000 900000\n255\n", "pixels"),
        (b"P5\n5 7\n255\n" + GREY.tobytes()[:-1], "ends before"),
        (b"P5\n5 x\n", "no width"),
    ],
    ids=["GIF", "PNG without a header", "cut PNG", "interlaced PNG", "huge PGM", "cut PGM", "PGM without a size"],
)
def test_what_is_no_image_is_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        Picture(path=str(path)).sample(0)
    with pytest.raises(ValueError, match="cannot be read"):
        Picture(path=str(tmp_path / "absent.png")).sample(0)


def test_an_image_without_ink_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    path.write_bytes(png(np.full((4, 4), 255, np.uint8)))
    with pytest.raises(ValueError, match="no dark pixel"):
        Picture(path=str(path)).sample(0)


def test_an_experiment_with_an_image_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Choose a file that exists"):
        MatchDensity().check(Picture(path=str(tmp_path / "nothing.png")), MLPField(cubed=False))
