"""Which weights survive an edit of the experiment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.experiment import Experiment


def keeps_weights(old: Experiment, new: Experiment) -> bool:
    """Whether θ of `old` still means something in `new`: the same kind of field, the same layout, the same seed."""
    return (
        type(old.field) is type(new.field)
        and old.field.layout() == new.field.layout()
        and old.training.seed == new.training.seed
    )


def carried(old: Experiment, new: Experiment, theta: NDArray[np.float32]) -> NDArray[np.float32]:
    """θ for `new`, of which `keeps_weights` holds.

    All of it is kept, except a single number whose declared value is another now: a formula's parameter, moved by its
    slider.
    """
    if old.field == new.field:
        return theta
    seed = new.training.seed
    before = old.field.split(old.field.initial_parameters(seed))
    after = new.field.split(new.field.initial_parameters(seed))
    parts = new.field.split(theta)
    for slot in new.field.layout():
        if slot.shape == () and before[slot.name] != after[slot.name]:
            parts[slot.name] = after[slot.name]
    return new.field.join(parts)
