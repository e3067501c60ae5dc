"""How long a frame of the phase plane takes: 20,000 particles, the target, the learnt and the user's curves.

Run it with `python benchmarks/frame_plots.py`; without a display set QT_QPA_PLATFORM=offscreen. QT_SCALE_FACTOR=2 and
`--size 1900 1000` make it a 4K screen. Painting is counted: the tick and all events up to the finished frame.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
from PySide6.QtWidgets import QApplication

from nodeviz.datasets import Spiral
from nodeviz.experiment import ViewSettings
from nodeviz.ui import theme
from nodeviz.ui.plots.phase_plane import PhasePlane

GRID = 64
WARM = 20
PORTRAIT_EVERY = 2  # frames; while training the inspector answers at most so often


def main() -> None:
    options = parsed()
    app = QApplication([])
    theme.apply(app, "dark")
    for name, training in (("watching", False), ("training", True)):
        plane = filled(app, options.size, options.particles)
        ticks, frames = measured(app, plane, options.frames, training)
        count, ratio = plane.particle_layer.count, plane.devicePixelRatioF()
        print(f"{name}: {plane.width()} × {plane.height()} at {ratio:g}×, {count} particles, {len(frames)} frames")
        for what, values in (("tick", ticks), ("frame", frames)):
            median, high, worst = np.percentile(values, [50, 99, 100])
            print(f"  {what:6} median {median:6.2f} ms   p99 {high:6.2f} ms   worst {worst:6.2f} ms")
        plane.close()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs=2, default=(900, 620), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--particles", type=int, default=20_000)
    parser.add_argument("--frames", type=int, default=300)
    return parser.parse_args()


def filled(app: QApplication, size: tuple[int, int], particles: int) -> PhasePlane:
    """A shown phase plane with everything in it."""
    plane = PhasePlane(particles=particles)
    plane.resize(*size)
    plane.show()
    spiral = Spiral(noise=0.05)
    data = spiral.sample(0)
    plane.set_extent(spiral.extent)
    plane.set_target(data.ts, data.truth, data.observed)
    plane.set_view(ViewSettings(starts=((1.0, 1.0), (-1.5, 0.5))))
    plane.set_portrait(velocity(plane, 0.0), plane.extent)
    plane.set_learnt([data.truth[:, 0]], [data.ts])
    plane.set_user(((1.0, 1.0), (-1.5, 0.5)), [0.8 * data.truth[:, 0], -0.7 * data.truth[:, 0]])
    app.processEvents()
    return plane


def velocity(plane: PhasePlane, change: float) -> np.ndarray:
    """The spiral's field, changed a little, as a training field changes."""
    extent = plane.extent
    x = np.linspace(extent.x_min, extent.x_max, GRID)
    y = np.linspace(extent.y_min, extent.y_max, GRID)
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    true = Spiral().velocity(0.0, points).reshape(GRID, GRID, 2)
    return ((1.0 + 0.1 * np.sin(change)) * true).astype(np.float32)


def measured(app: QApplication, plane: PhasePlane, count: int, training: bool) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds of every tick and of every frame. Training, a new portrait comes every other frame."""
    curve = plane.learnt.curves[0]
    ticks, frames = [], []
    for frame in range(count + WARM):
        begun = perf_counter()
        if training and frame % PORTRAIT_EVERY == 0:
            plane.set_portrait(velocity(plane, frame / 30), plane.extent)
            plane.set_learnt([(1.0 + 0.02 * np.sin(frame / 10)) * curve])
        plane.set_time(25.0 * ((frame / 300) % 1.0))
        plane.tick(1 / 60)
        ticked = perf_counter()
        app.processEvents()
        ticks.append(1e3 * (ticked - begun))
        frames.append(1e3 * (perf_counter() - begun))
    return np.array(ticks[WARM:]), np.array(frames[WARM:])


if __name__ == "__main__":
    main()
