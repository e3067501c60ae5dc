"""What a dataset of observed trajectories consists of."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Trajectories(NamedTuple):
    """One or more trajectories observed at common times.

    ts: (times,) seconds; truth: (times, trajectories, 2) without noise; observed: the same with noise. float64.
    """

    ts: NDArray[np.float64]
    truth: NDArray[np.float64]
    observed: NDArray[np.float64]
