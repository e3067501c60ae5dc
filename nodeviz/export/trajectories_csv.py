"""Trajectories as CSV: one row a time, all trajectories below one another."""

import numpy as np

from nodeviz.export.format import Exported, Format
from nodeviz.library.tables import csv_bytes


def _encode(exported: Exported) -> bytes:
    trajectories = exported.trajectories_of_data()
    labels = np.concatenate([np.zeros(0, str), *(np.full(len(each.ts), each.label) for each in trajectories)])
    ts = np.concatenate([np.zeros(0), *(each.ts for each in trajectories)])
    ys = np.concatenate([np.zeros((0, 2)), *(each.ys for each in trajectories)])
    return csv_bytes({"trajectory": labels, "t": ts, "x": ys[:, 0], "y": ys[:, 1]})


TRAJECTORIES_CSV = Format(
    name="csv",
    label="Trajectories (CSV)",
    suffix=".csv",
    sentence="Columns trajectory, t, x, y, in the data's own units, for a spreadsheet or pandas.",
    encode=_encode,
    text=True,
)
