"""The datasets, listed once. Numpy only: the window draws thumbnails with them."""

from nodeviz.datasets.annuli import Annuli
from nodeviz.datasets.blobs import Blobs
from nodeviz.datasets.circles import Circles
from nodeviz.datasets.eight_gaussians import EightGaussians
from nodeviz.datasets.moons import Moons
from nodeviz.datasets.points_file import PointsFile
from nodeviz.datasets.spiral import Spiral
from nodeviz.datasets.two_spirals import TwoSpirals

DATASETS = (
    Spiral,
    Moons,
    Circles,
    Annuli,
    Blobs,
    TwoSpirals,
    EightGaussians,
    PointsFile,
)
Dataset = Spiral | Moons | Circles | Annuli | Blobs | TwoSpirals | EightGaussians | PointsFile
