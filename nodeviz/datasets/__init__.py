"""The datasets, listed once. Numpy only: the window draws thumbnails with them."""

from nodeviz.datasets.annuli import Annuli
from nodeviz.datasets.blobs import Blobs
from nodeviz.datasets.checkerboard import Checkerboard
from nodeviz.datasets.circles import Circles
from nodeviz.datasets.eight_gaussians import EightGaussians
from nodeviz.datasets.energies import Energy
from nodeviz.datasets.moons import Moons
from nodeviz.datasets.picture import Picture
from nodeviz.datasets.pinwheel import Pinwheel
from nodeviz.datasets.points_file import PointsFile
from nodeviz.datasets.rings import Rings
from nodeviz.datasets.spiral import Spiral
from nodeviz.datasets.swiss_roll import SwissRoll
from nodeviz.datasets.two_spirals import TwoSpirals

DATASETS = (
    Spiral,
    Moons,
    Circles,
    Annuli,
    Blobs,
    TwoSpirals,
    EightGaussians,
    Checkerboard,
    Rings,
    Pinwheel,
    SwissRoll,
    Picture,
    Energy,
    PointsFile,
)
Dataset = (
    Spiral
    | Moons
    | Circles
    | Annuli
    | Blobs
    | TwoSpirals
    | EightGaussians
    | Checkerboard
    | Rings
    | Pinwheel
    | SwissRoll
    | Picture
    | Energy
    | PointsFile
)
