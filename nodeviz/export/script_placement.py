"""The source of how an exported script goes from the data's own units to the plane of its field, and back."""

from __future__ import annotations

from typing import NamedTuple

from nodeviz.datasets.placement import Placement


class PlacementSource(NamedTuple):
    """A line for the script's docstring, constants, functions, and how many digits of a point are worth printing."""

    sentence: str
    constants: str
    functions: str
    digits: int


_SENTENCE = "Points are in the units of the data. field() has them less CENTRE, divided by SCALE."
_CONSTANTS = "CENTRE, SCALE = {centre!r}, {scale!r}\n"
_FUNCTIONS = '''\
def to_plane(points):
    """Points (n, 2), {told}."""
    points = torch.as_tensor(points, dtype=torch.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must be of shape (n, 2); got {{tuple(points.shape)}}")
    return {placed}


def from_plane(states):
    """The points (n, 2) of states that solve() gives{back}."""
    return {own}
'''
_TENSOR = "torch.tensor(CENTRE, dtype=torch.float64)"


def placement_source(placement: Placement, augmented: int) -> PlacementSource:
    """What a script needs for data placed so, and a field with so many dimensions beside the plane."""
    moves = placement.moves
    placed = f"(points - {_TENSOR}) / SCALE" if moves else "points"
    own = f"{_TENSOR} + SCALE * states[:, :2]" if moves else "states[:, :2]"
    zeros = f", and {augmented} zeros beside them" if augmented else ""
    functions = _FUNCTIONS.format(
        told=f"in the units of the data, as field() has them{zeros}" if moves else f"as field() takes them{zeros}",
        placed=f"torch.nn.functional.pad({placed}, (0, {augmented}))" if augmented else placed,
        back=", in the units of the data" if moves else "",
        own=own,
    )
    if not moves:
        return PlacementSource("", "", functions, 9)
    constants = _CONSTANTS.format(centre=placement.centre, scale=placement.scale)
    return PlacementSource(_SENTENCE, constants, functions, 17)
