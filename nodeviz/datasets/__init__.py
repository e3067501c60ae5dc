"""The datasets, listed once. Numpy only: the window draws thumbnails with them."""

from nodeviz.datasets.spiral import Spiral

DATASETS = (Spiral,)
Dataset = Spiral  # a union of the classes above once there are several
