"""The datasets, listed once. Numpy only: the window draws thumbnails with them."""

from nodeviz.datasets.moons import Moons
from nodeviz.datasets.spiral import Spiral

DATASETS = (Spiral, Moons)
Dataset = Spiral | Moons
