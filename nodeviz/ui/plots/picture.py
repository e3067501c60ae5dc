"""How a plot becomes a picture: pixels at a chosen scale, or SVG."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem

from nodeviz.library.atomic import write_atomically

LARGEST_SIDE = 16_384  # pixels; what image viewers and Qt itself take


def grab_image(plot: pg.GraphicsView, scale: float = 1.0) -> QImage:
    """`plot` as it stands, `scale` times its size on screen, every line and letter drawn at that resolution."""
    width, height = round(plot.width() * scale), round(plot.height() * scale)
    if not 1 <= min(width, height) <= max(width, height) <= LARGEST_SIDE:
        raise ValueError(
            f"A picture has sides of 1 to {LARGEST_SIDE} pixels; scale {scale:g} gives {width} × {height}. "
            "Choose another scale."
        )
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)  # so that all is drawn as on a screen of that many more pixels
    image.fill(plot.backgroundBrush().color())
    _draw(plot, QPainter(image))
    image.setDevicePixelRatio(1.0)
    return image


def write_svg(plot: pg.GraphicsView, path: str | os.PathLike[str]) -> None:
    """`plot` as an SVG file at `path`, which is replaced at once or not at all."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(plot.width(), plot.height()))
    generator.setResolution(plot.logicalDpiX())  # that of the axes' recorded pictures: another would shift them
    generator.setViewBox(plot.rect())
    generator.setTitle(plot.accessibleName() or "nodeviz")
    painter = QPainter(generator)
    painter.fillRect(plot.rect(), plot.backgroundBrush())
    _draw(plot, painter)
    write_atomically(Path(path), bytes(buffer.data().data()))


def _draw(plot: pg.GraphicsView, painter: QPainter) -> None:
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    area = QRectF(plot.rect())
    with _in_print(plot):
        plot.scene().render(painter, area, plot.mapToScene(plot.rect()).boundingRect())
    painter.end()


@contextmanager
def _in_print(plot: pg.GraphicsView) -> Iterator[None]:
    """Items draw themselves for print: antialiased, without the layers cached for the screen."""
    items = plot.scene().items()
    caches = {item: item.cacheMode() for item in items}
    options = {"antialias": True, "resolutionScale": 1.0}
    try:
        for item in items:
            item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
            if isinstance(item, pg.GraphicsItem):
                item.setExportMode(True, options)
        yield
    finally:
        for item in items:
            item.setCacheMode(caches[item])
            if isinstance(item, pg.GraphicsItem):
                item.setExportMode(False)
