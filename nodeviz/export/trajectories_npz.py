"""Trajectories as NPZ: times and states of each as arrays of their own."""

import numpy as np

from nodeviz.export.format import Exported, Format
from nodeviz.library.tables import npz_bytes


def _encode(exported: Exported) -> bytes:
    placement = exported.placement
    arrays = {"centre": np.array(placement.centre), "scale": np.array(placement.scale)} if placement.moves else {}
    for trajectory in exported.trajectories_of_data():
        name = trajectory.label.replace(" ", "_")
        arrays[f"{name}_t"] = trajectory.ts
        arrays[f"{name}_y"] = trajectory.ys
    return npz_bytes(arrays)


TRAJECTORIES_NPZ = Format(
    name="npz",
    label="Trajectories (NPZ)",
    suffix=".npz",
    sentence="Arrays NAME_t (n,) and NAME_y (n, 2) of each trajectory, for numpy; centre and scale of scaled data.",
    encode=_encode,
)
