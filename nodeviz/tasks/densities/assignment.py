"""Optimal transport between two batches of points: which goes to which, so that the sum of squared ways is least."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Costs = NDArray[np.float64]
Places = NDArray[np.int64]
NONE = -1
GROUP = 64
"""Points that are assigned together. Of eight Gaussians, mean squared ways are then 3.1 where 2.8 is the least and 10.2
is the mean over all pairs; groups of 256 come to 2.8, at four times the time."""


def cheapest_pairs(zs: Tensor, ys: Tensor) -> Tensor:
    """For each of zs (n, 2) the place of its partner in ys (n, 2), as an index (n,): optimal within groups."""
    apart = (zs.detach().double().unsqueeze(1) - ys.detach().double()).square().sum(-1).cpu().numpy()
    firsts = range(0, len(apart), GROUP)
    partners = [first + assignment(apart[first : first + GROUP, first : first + GROUP]) for first in firsts]
    return torch.from_numpy(np.concatenate(partners)).to(ys.device)


def assignment(costs: Costs) -> Places:
    """The permutation p of least Σ costs[i, p[i]], for costs (n, n).

    Shortest augmenting paths as in Jonker & Volgenant (1987), but from all free rows at once: the trees that these
    grow are disjoint, so every tree that reaches a free column gives one more pair, and all of it is array arithmetic.
    """
    n = len(costs)
    reduced = costs - costs.min(0)
    reduced -= reduced.min(1, keepdims=True)
    column_of, row_of = np.full(n, NONE), np.full(n, NONE)
    while (free := np.flatnonzero(column_of == NONE)).size:
        forest = _grow(reduced, free, row_of)
        # with distances as prices every tree edge is free of cost, and no edge costs less than nothing but by rounding
        reduced += forest.to_rows[:, np.newaxis]
        reduced -= forest.to_columns
        np.maximum(reduced, 0.0, out=reduced)
        _augment(forest.parents, column_of, row_of)
        paired = np.flatnonzero(column_of != NONE)
        reduced[paired, column_of[paired]] = 0.0
    return column_of


class Forest(NamedTuple):
    """Distances from the free rows to every row and column, and the row before each column."""

    to_rows: NDArray[np.float64]
    to_columns: NDArray[np.float64]
    parents: Places


def _grow(reduced: Costs, free: Places, row_of: Places) -> Forest:
    """Shortest paths by Bellman and Ford: from row to column at the reduced cost, back along pairs at none."""
    n = len(reduced)
    to_rows, to_columns = np.full(n, np.inf), np.full(n, np.inf)
    to_rows[free] = 0.0
    parents, front = np.full(n, NONE), free
    while front.size:
        through = reduced[front] + to_rows[front, np.newaxis]
        best = through.argmin(0)
        found = through[best, np.arange(n)]
        nearer = np.flatnonzero(found < to_columns)
        to_columns[nearer] = found[nearer]
        parents[nearer] = front[best[nearer]]
        onward = nearer[row_of[nearer] != NONE]
        front = row_of[onward]
        to_rows[front] = to_columns[onward]
    return Forest(to_rows, to_columns, parents)


def _augment(parents: Places, column_of: Places, row_of: Places) -> None:
    """Swap the pairs along one path of every tree that reaches a free column."""
    paths = [(column, _path(column, parents, column_of)) for column in np.flatnonzero(row_of == NONE).tolist()]
    one_a_tree = {path[-1]: (column, path) for column, path in paths}
    for column, path in one_a_tree.values():
        for row in path:
            row_of[column] = row
            column_of[row], column = column, int(column_of[row])


def _path(column: int, parents: Places, column_of: Places) -> list[int]:
    """The rows from a column back to the free row that its tree grew from."""
    path = []
    while column != NONE:
        row = int(parents[column])
        path.append(row)
        column = int(column_of[row])
    return path
