"""Which weights survive an edit of the experiment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.experiment import Experiment
from nodeviz.fields.layout import join, split


def keeps_weights(old: Experiment, new: Experiment) -> bool:
    """Whether θ of `old` still means something in `new`: the same kind of field, the same layout, the same seed."""
    return (
        type(old.field) is type(new.field) and old.layout() == new.layout() and old.training.seed == new.training.seed
    )


def carried(old: Experiment, new: Experiment, theta: NDArray[np.float32]) -> NDArray[np.float32]:
    """θ for `new`, of which `keeps_weights` holds.

    All of it is kept, except a single number whose declared value is another now: a formula's parameter, moved by its
    slider.
    """
    if old.field == new.field:
        return theta
    layout = new.layout()
    before = split(layout, old.initial_parameters())
    after = split(layout, new.initial_parameters())
    parts = split(layout, theta)
    for slot in layout:
        if slot.shape == () and before[slot.name] != after[slot.name]:
            parts[slot.name] = after[slot.name]
    return join(layout, parts)
